"""The website chat as a Rasa channel: signed sessions, guarded messages, whole answers, a page."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.exceptions import PayloadTooLarge, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import resources
from bot.channels.discretion import keep_discreet
from bot.channels.history import read_history
from bot.channels.intake import MAX_BODY, Refusal, read_session, read_turn
from bot.channels.limits import Buckets, caller
from bot.channels.page import PAGE, SAFE_HEADERS, File, read_page
from bot.channels.receipts import Receipts
from bot.channels.session import Session, Sessions
from bot.channels.turns import PATIENCE_SECONDS, RedFlag, Turns
from clinic.profile import ProfileError, load_profile
from clinic.settings import Settings, SettingsError

BODY_SECONDS = 10
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

Handler = Callable[..., Awaitable[HTTPResponse]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How many requests are served at once (burst) and per minute.

    A whole office, or a whole mobile network, may share one address; a session is one visitor.
    """

    sessions_burst: int = 20
    sessions_per_minute: float = 20
    address_burst: int = 120
    address_per_minute: float = 120
    session_burst: int = 10
    session_per_minute: float = 30


class WebsiteChannel(InputChannel):
    """The channel `website`, below /webhooks/website."""

    def __init__(
        self,
        sessions: Sessions,
        receipts: Receipts,
        apology: str,
        proxies: int = 0,
        limits: Limits | None = None,
        patience: float = PATIENCE_SECONDS,
        red_flag: RedFlag = lambda _: None,
    ) -> None:
        limits = limits or Limits()
        self._sessions = sessions
        self._receipts = receipts
        self._apology = apology
        self._proxies = proxies
        self._patience = patience
        self._red_flag = red_flag
        self._begun = Buckets(limits.sessions_burst, limits.sessions_per_minute)
        self._by_address = Buckets(limits.address_burst, limits.address_per_minute)
        self._by_session = Buckets(limits.session_burst, limits.session_per_minute)

    @classmethod
    def name(cls) -> str:
        """Return the name in the channel's address."""
        return "website"

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any] | None) -> WebsiteChannel:  # noqa: ARG003
        """Make the channel from this installation's settings; raise SettingsError on a bad one."""
        settings = Settings.from_environment()
        return cls(
            Sessions(settings.secret()),
            Receipts(settings.home / "channel.db"),
            apology(settings),
            trusted_proxies(os.environ),
            red_flag=resources.red_flag,
        )

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes; `on_new_message` runs one message through the bot."""
        keep_discreet()
        turns = Turns(on_new_message, self._receipts, self._apology, self._patience, self._red_flag)
        files = read_page()
        routes = Blueprint("website")

        async def health(_: Request) -> HTTPResponse:
            return _json({"status": "ok"})

        async def page(request: Request) -> HTTPResponse:
            return _file(request, files[PAGE])

        async def asset(request: Request, name: str) -> HTTPResponse:
            # Below /chat/ the page itself would look for its files in the wrong place.
            if name not in files or name == PAGE:
                raise _NOT_FOUND
            return _file(request, files[name])

        async def session(request: Request) -> HTTPResponse:
            _admit(self._begun, self._caller(request))
            return _json(_token(self._sessions.begin()))

        async def messages(request: Request) -> HTTPResponse:
            _admit(self._by_address, self._caller(request))
            turn = read_turn(_json_body(request))
            session = self._session(turn.session)
            answer = await turns.repeat(session.conversation, turn.id)
            if answer is None:
                # Nothing may be awaited from here until the turn is on its way, or the same
                # message could start twice.
                _admit(self._by_session, session.conversation)
                answer = await turns.answer(session.conversation, turn.id, str(turn.said))
            renewed = self._sessions.renew(session)
            return _json(
                {"id": turn.id, "messages": answer, **(_token(renewed) if renewed else {})}
            )

        async def history(request: Request) -> HTTPResponse:
            _admit(self._by_address, self._caller(request))
            session = self._session(read_session(_json_body(request)))
            store = request.app.ctx.agent.tracker_store
            tracker = await store.retrieve_full_tracker(session.conversation)
            events = (event.as_dict() for event in tracker.events) if tracker else ()
            return _json({"messages": read_history(events)})

        for path, handler, *allowed in (
            ("/", health, "GET", "HEAD"),
            ("/chat", page, "GET", "HEAD"),
            ("/chat/<name:str>", asset, "GET", "HEAD"),
            ("/session", session, "POST"),
            ("/messages", messages, "POST"),
            ("/history", history, "POST"),
        ):
            routes.add_route(
                _guarded(handler, allowed),
                path,
                _METHODS,
                # The page finds its files by a relative address, so /chat/ must not serve it.
                strict_slashes=handler is page,
                # Sanic would otherwise take in a body of up to 100 MB before the handler runs.
                stream=True,
            )
        return routes

    def _caller(self, request: Request) -> str:
        forwarded = ",".join(request.headers.getall("x-forwarded-for", []))
        return caller(request.ip, forwarded, self._proxies)

    def _session(self, token: str) -> Session:
        session = self._sessions.read(token)
        if session is None:
            raise Refusal(401, "unknown_session", "This chat has ended. Please start a new one.")
        return session


def apology(settings: Settings) -> str:
    """Return what is said when the bot has no answer: where a person can be reached."""
    try:
        profile = load_profile(settings.knowledge / "clinic.yml")
    except (ProfileError, OSError) as error:
        logger.error("faults name no phone number: %s", str(error).replace("\n", " "))
        person = "contact the clinic directly"
    else:
        person = f"ring {profile.name} on {profile.phone}"
    return (
        f"Sorry, something went wrong and I could not answer. Please try again, or {person}. "
        "In an emergency, call your local emergency number."
    )


def trusted_proxies(environ: Mapping[str, str]) -> int:
    """Return how many reverse proxies of the clinic's own stand in front; SettingsError if bad."""
    raw = environ.get("STIPPLE_TRUSTED_PROXIES") or "0"
    if not raw.isascii() or not raw.isdecimal() or int(raw) > 9:
        raise SettingsError(f"STIPPLE_TRUSTED_PROXIES is {raw!r}: write a number from 0 to 9.")
    return int(raw)


_NOT_FOUND = Refusal(404, "not_found", "There is nothing at this address.")


def _guarded(handler: Handler, allowed: Sequence[str]) -> Handler:
    """Turn whatever goes wrong into a short JSON answer."""

    @wraps(handler)
    async def guarded(request: Request, **parts: str) -> HTTPResponse:
        try:
            if request.method not in allowed:
                methods = ", ".join(allowed)
                raise Refusal(405, "method", f"Use {methods} here.", allow=methods)
            await _receive(request)
            return await handler(request, **parts)
        except Refusal as refusal:
            return _refuse(refusal)
        except SanicException as error:
            status = error.status_code or 400
            return _refuse(Refusal(status, "malformed", HTTPStatus(status).phrase))
        except Exception as error:
            logger.error("chat request failed: %s", type(error).__name__)
            return _refuse(Refusal(503, "unavailable", "Please try again in a moment."))

    return guarded


async def _receive(request: Request) -> None:
    """Take in the body, whatever the route; raise Refusal when it is too large or too slow."""
    request.stream.request_max_size = MAX_BODY
    try:
        await asyncio.wait_for(request.receive_body(), BODY_SECONDS)
    except PayloadTooLarge:
        raise Refusal(413, "too_large", "That is too much at once.") from None
    except asyncio.TimeoutError:
        raise Refusal(408, "too_slow", "The message did not arrive in time.") from None


def _json_body(request: Request) -> bytes:
    # A page of another origin cannot send this content type without asking first, and is never
    # told yes: CORS stays off.
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "content_type", "Send application/json.")
    body: bytes = request.body
    return body


def _file(request: Request, file: File) -> HTTPResponse:
    headers = {**SAFE_HEADERS, "Cache-Control": "no-cache", "ETag": file.etag}
    if request.headers.get("if-none-match") == file.etag:
        return HTTPResponse(status=304, headers=headers)
    return HTTPResponse(file.content, headers=headers, content_type=file.content_type)


def _admit(buckets: Buckets, key: str) -> None:
    if wait := buckets.take(key):
        seconds = math.ceil(wait)
        words = f"That was a little fast. Please wait {seconds} s and try again."
        raise Refusal(429, "too_many", words, retry_after=seconds)


def _token(session: Session) -> dict[str, str]:
    return {"session": session.token, "expires_at": session.expires_at.isoformat()}


def _refuse(refusal: Refusal) -> HTTPResponse:
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.allow is not None:
        headers["Allow"] = refusal.allow
    return _json({"error": refusal.code, "message": refusal.message}, refusal.status, headers)


def _json(
    data: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    return HTTPResponse(
        json.dumps(data),
        status,
        {**SAFE_HEADERS, "Cache-Control": "no-store", **(headers or {})},
        "application/json",
    )
