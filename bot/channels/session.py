"""Signed chat sessions: the server picks the conversation, the visitor only carries the proof."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

DAY = 24 * 60 * 60
MAX_TOKEN = 512


@dataclass(frozen=True)
class Session:
    """A visitor's hold on one conversation, until `expires_at` (UTC)."""

    conversation: str
    token: str
    expires_at: dt.datetime


class _Signer(TimestampSigner):
    def __init__(self, *args: Any, clock: Callable[[], float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        """Return seconds since the epoch, by the clock given."""
        return int(self._clock())


class Sessions:
    """Makes and checks tokens; `lifetime` in seconds, `clock` in seconds since the epoch."""

    def __init__(
        self, secret: str, lifetime: int = DAY, clock: Callable[[], float] = time.time
    ) -> None:
        self._lifetime = lifetime
        self._signer = URLSafeTimedSerializer(
            secret, salt="stipple website session", signer=_Signer, signer_kwargs={"clock": clock}
        )
        self._clock = clock

    def begin(self) -> Session:
        """Begin a conversation under an id that nobody can guess."""
        return self._sign(f"web-{secrets.token_urlsafe(18)}")

    def read(self, token: str) -> Session | None:
        """Read a token; None when it is forged, unknown or expired."""
        if len(token) > MAX_TOKEN or not token.isascii():
            return None
        try:
            conversation, signed_at = self._signer.loads(
                token, max_age=self._lifetime, return_timestamp=True
            )
        except BadData:
            return None
        return Session(conversation, token, signed_at + dt.timedelta(seconds=self._lifetime))

    def renew(self, session: Session) -> Session | None:
        """Give a session more time once more than half of it is used; None before that."""
        left = session.expires_at.timestamp() - self._clock()
        return self._sign(session.conversation) if left < self._lifetime / 2 else None

    def _sign(self, conversation: str) -> Session:
        token = self._signer.dumps(conversation)
        assert isinstance(token, str)  # noqa: S101
        expires = int(self._clock()) + self._lifetime
        return Session(conversation, token, dt.datetime.fromtimestamp(expires, dt.timezone.utc))
