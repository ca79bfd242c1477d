"""Where things are on this machine: read once from environment variables, never at import time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the variable and what to write instead."""


@dataclass(frozen=True)
class Settings:
    """The settings of one installation.

    `home` holds all run-time state (`STIPPLE_HOME`, default `var/` in the project), `knowledge`
    the staff's content (`STIPPLE_KNOWLEDGE`), `database_url` the bookings (`STIPPLE_DATABASE_URL`,
    default a SQLite file in `home`). Ports are TCP ports on loopback.
    """

    home: Path
    knowledge: Path
    database_url: str
    host: str
    port: int
    actions_port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; raise SettingsError on a value that cannot be used."""
        env = os.environ if environ is None else environ
        home = Path(env.get("STIPPLE_HOME") or PROJECT / "var").expanduser().resolve()
        knowledge = (
            Path(env.get("STIPPLE_KNOWLEDGE") or PROJECT / "knowledge").expanduser().resolve()
        )
        return cls(
            home=home,
            knowledge=knowledge,
            database_url=env.get("STIPPLE_DATABASE_URL") or f"sqlite:///{home / 'clinic.db'}",
            host=env.get("STIPPLE_HOST") or "127.0.0.1",
            port=_port(env, "STIPPLE_PORT", 5005),
            actions_port=_port(env, "STIPPLE_ACTIONS_PORT", 5055),
        )

    @property
    def encoder(self) -> Path:
        """The folder of the exported sentence encoder."""
        return self.home / "encoder"

    @property
    def spacy(self) -> Path:
        """The folder of the spaCy pipeline built from the clinic's words."""
        return self.home / "spacy"

    @property
    def published(self) -> Path:
        """The folder of published knowledge: `blobs/<sha256>.db` and the pointer `current`."""
        return self.home / "knowledge"

    @property
    def models(self) -> Path:
        """The folder of trained Rasa models."""
        return self.home / "models"

    def secret(self) -> str:
        """The key that signs chat sessions: `STIPPLE_SECRET`, or one made once, kept in `home`."""
        given = os.environ.get("STIPPLE_SECRET")
        if given:
            if len(given) < 32:
                raise SettingsError("STIPPLE_SECRET is too short: use at least 32 characters.")
            return given
        self.home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.home / "secret", os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="ascii") as file:
            # Processes that start together must agree, and none may read a key half written.
            fcntl.flock(file, fcntl.LOCK_EX)
            secret = file.read().strip()
            if not secret:
                secret = secrets.token_urlsafe(48)
                file.write(secret)
            return secret


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name) or str(default)
    if not raw.isdecimal() or not 0 < int(raw) < 65536:
        raise SettingsError(f"{name} is {raw!r}: write a port number from 1 to 65535.")
    return int(raw)
