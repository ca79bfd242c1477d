"""What one bot process holds open: the encoder, the live knowledge, the safety screen, the diary.

Everything is opened on first use and shared by the components and actions of the process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy.engine import Engine

from clinic.booking.diary import Diary
from clinic.database import open_engine
from clinic.encoder import Encoder, EncoderError
from clinic.knowledge.artifact import Artifact, ArtifactError
from clinic.knowledge.library import Library
from clinic.knowledge.search import Searcher
from clinic.profile import Profile, ProfileError, load_profile
from clinic.safety import (
    Alert,
    Country,
    Layers,
    Replies,
    SafetyError,
    Screen,
    load_country,
    load_replies,
    load_screen,
)
from clinic.safety.model import FILE, Model, fingerprint
from clinic.settings import Settings

_log = logging.getLogger(__name__)
_lock = Lock()
_searcher: Searcher | None = None


def warm() -> None:
    """Use once what the first message needs, so that its visitor waits for nothing.

    A fault is left to the message that meets it: that one is answered in words.
    """
    uses: tuple[Callable[[], object], ...] = (
        lambda: screen().screen("does it hurt"),
        lambda: searcher().search("does it hurt"),
        safety_replies,
        signposts,
    )
    for use in uses:
        with suppress(ArtifactError, EncoderError, ProfileError, SafetyError):
            use()


@lru_cache
def settings() -> Settings:
    """The installation's settings."""
    return Settings.from_environment()


@lru_cache
def encoder() -> Encoder:
    """The sentence encoder, loaded once for the process."""
    return Encoder(settings().encoder)


@lru_cache
def _library() -> Library:
    return Library(settings().published)


def searcher() -> Searcher:
    """The searcher over the live publication; a new publication is picked up at the next call."""
    global _searcher
    artifact = _library().live()
    with _lock:
        if _searcher is None or _searcher.artifact.sha != artifact.sha:
            _searcher = Searcher(artifact, encoder())
        return _searcher


def knowledge() -> Artifact:
    """The live publication."""
    return _library().live()


def profile() -> Profile:
    """The clinic's facts as published."""
    return knowledge().profile


@lru_cache
def safety_rules() -> Screen:
    """The safety rules; needs no model and no publication."""
    return load_screen(settings().knowledge / "safety" / "red_flags.yml")


@lru_cache
def screen() -> Layers:
    """The safety rules and, when it can be loaded, the model that may raise a level."""
    return Layers(safety_rules(), _safety_model())


def _safety_model() -> Model | None:
    made_from = fingerprint(settings().knowledge / "safety" / "examples.yml", settings().encoder)
    try:
        return Model.load(settings().home / FILE, made_from, encoder())
    except (EncoderError, SafetyError) as error:
        _log.warning("%s The safety rules go on alone.", error)
        return None


@lru_cache
def safety_replies() -> Replies:
    """The fixed safety texts."""
    return load_replies(settings().knowledge / "safety" / "texts.yml")


@lru_cache
def country(code: str) -> Country:
    """A country's signposts, or the generic ones."""
    return load_country(settings().knowledge / "safety" / "countries", code)


@lru_cache
def _engine() -> Engine:
    return open_engine(settings().database_url)


def reopen_diary() -> None:
    """Take the diary's address from the environment again, at its next use."""
    if _engine.cache_info().currsize:
        _engine().dispose()
    _engine.cache_clear()
    settings.cache_clear()


def diary() -> Diary:
    """The clinic's diary, by the facts as published."""
    return Diary(_engine(), profile())


def signposts() -> Country:
    """The emergency and advice numbers of the clinic's country; needs the safety files only."""
    return country(_facts().country)


def safety_text(alert: Alert) -> str:
    """The fixed text for an alert; needs the safety files only."""
    return safety_replies().render(alert, signposts(), _facts().for_answers())


def red_flag(text: str) -> dict[str, Any] | None:
    """The whole message that a red flag in `text` calls for, by the rules alone; else None."""
    alert = safety_rules().screen(text)
    if alert is None or not alert.level.alarming:
        return None
    part = {"kind": "urgent", "level": alert.level.value, "reason": alert.reason.value}
    return {"text": safety_text(alert), "custom": part}


def _facts() -> Profile:
    try:
        return profile()
    except ArtifactError:
        return load_profile(settings().knowledge / "clinic.yml")
