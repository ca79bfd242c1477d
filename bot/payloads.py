"""The payloads that buttons may carry: built by actions, checked by channels, one list for both."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass

AFFIRM = "/affirm"
DENY = "/deny"
BOOK = "/book"
CANCEL = "/cancel"
RESCHEDULE = "/reschedule"
CHECK_BOOKING = "/check_booking"
HUMAN_HANDOFF = "/human_handoff"
TELL_MORE = "/tell_more"
GREET = "/greet"
GOODBYE = "/goodbye"
STOP_BOOKING = "/stop_booking"
SAFE_NOW = "/safe_now"

MAX_LENGTH = 300

_PLAIN = frozenset(
    text[1:]
    for text in (
        AFFIRM,
        DENY,
        BOOK,
        CANCEL,
        RESCHEDULE,
        CHECK_BOOKING,
        HUMAN_HANDOFF,
        TELL_MORE,
        GREET,
        GOODBYE,
        STOP_BOOKING,
        SAFE_NOW,
    )
)
_ARTICLE = re.compile(r"[a-z0-9-]{1,64}")
_RATING = re.compile(r"up|down")
_SLOT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_VALUED = {
    "ask_question": {"article": _ARTICLE},
    "tell_more": {"article": _ARTICLE},
    "choose_slot": {"slot": _SLOT},
    "feedback": {"rating": _RATING, "article": _ARTICLE},
}
_SHAPE = re.compile(r"/([a-z_]+)(\{.*\})?")


@dataclass(frozen=True)
class Payload:
    """An allowed payload; `str()` gives the one spelling that Rasa is shown."""

    intent: str
    values: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        entities = json.dumps(dict(self.values), separators=(",", ":")) if self.values else ""
        return f"/{self.intent}{entities}"


def parse(text: str) -> Payload | None:
    """Read a payload; None unless its intent, its keys and every value are on the list."""
    if len(text) > MAX_LENGTH or not (shape := _SHAPE.fullmatch(text)):
        return None
    intent, entities = shape.groups()
    if entities is None:
        return Payload(intent) if intent in _PLAIN else None
    try:
        # Pairs rather than a dictionary, so that a key given twice is seen.
        pairs = json.loads(entities, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    expected = _VALUED.get(intent)
    if not expected or sorted(key for key, _ in pairs) != sorted(expected):
        return None
    given = dict(pairs)
    if not all(_fits(pattern, given[key]) for key, pattern in expected.items()):
        return None
    return Payload(intent, tuple((key, given[key]) for key in expected))


def ask_question(article: str) -> str:
    """Payload of a button that asks for one article; ValueError on an id that cannot be one."""
    return _build("ask_question", article=article)


def tell_more(article: str) -> str:
    """Payload of a button that asks for the long text of one article; ValueError as above."""
    return _build("tell_more", article=article)


def choose_slot(start: str) -> str:
    """Payload of a button that picks a time: ISO 8601 with its offset; ValueError otherwise."""
    return _build("choose_slot", slot=start)


def feedback(rating: str, article: str) -> str:
    """Payload of a thumb, `up` or `down`, on one article; ValueError on anything else."""
    return _build("feedback", rating=rating, article=article)


def _build(intent: str, **values: str) -> str:
    payload = Payload(intent, tuple(values.items()))
    if parse(str(payload)) != payload:
        raise ValueError(f"{payload} is not an allowed payload")
    return str(payload)


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return False
    return pattern is not _SLOT or _is_time(value)


def _is_time(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True
