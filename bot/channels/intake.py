"""Request bodies of the website channel, read, checked and cleaned before anything else."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, NoReturn

from bot import payloads
from bot.payloads import Payload

MAX_BODY = 16 * 1024
MAX_TEXT = 1_000

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
# Control characters except the line feed, and the marks that turn or override the direction of
# text: invisible, and able to make a transcript read as something else than what was typed.
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Rasa strips white space and then takes a leading "/" for a button payload.
_LEAD = re.compile(r"[\s/\uff0f\u200b-\u200f\u2060-\u2064\ufeff]+")
_BLANK = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


@dataclass
class Refusal(Exception):  # noqa: N818
    """A request that is not served: HTTP status, a code for programs and words for the visitor."""

    status: int
    code: str
    message: str
    retry_after: int | None = None
    allow: str | None = None


@dataclass(frozen=True)
class Turn:
    """One message of a visitor: words they typed, or the payload of a button they pressed."""

    session: str
    id: str
    said: str | Payload


def read_turn(body: bytes) -> Turn:
    """Read the body of POST /messages; raise Refusal on anything that is not a message."""
    data = _read_object(body)
    session, id_ = _session(data), data.get("id")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        _malformed("id must be 8 to 64 letters, digits, - or _.")
    if ("text" in data) == ("payload" in data):
        _malformed("Send either text or payload.")
    said = data.get("text", data.get("payload"))
    if not isinstance(said, str):
        _malformed("text and payload must be strings.")
    if "text" in data:
        return Turn(session, id_, clean(said))
    payload = payloads.parse(said)
    if payload is None:
        raise Refusal(422, "unknown_payload", "This choice is not available.")
    return Turn(session, id_, payload)


def read_session(body: bytes) -> str:
    """Read the body of POST /history: the session token alone; raise Refusal otherwise."""
    return _session(_read_object(body))


def clean(text: str) -> str:
    """Return the text as understanding may see it; raise Refusal when too long or empty.

    The result is NFC, has no control or direction characters, and never reads as a payload:
    slashes at its beginning are taken off, because Rasa obeys `/restart` whoever typed it.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        _malformed("text is not valid Unicode.")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text)).strip()
    if len(text) > MAX_TEXT:
        raise Refusal(413, "too_long", f"Please keep your message under {MAX_TEXT:,} characters.")
    if lead := _LEAD.match(text):
        text = text[lead.end() :]
    if all(unicodedata.category(character) in _BLANK for character in text):
        raise Refusal(422, "empty", "Please type a message.")
    return text


def _session(data: dict[str, Any]) -> str:
    session = data.get("session")
    if not isinstance(session, str):
        _malformed("session must be a string.")
    return session


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        _malformed("The body must be JSON in UTF-8.")
    if not isinstance(data, dict):
        _malformed("The body must be a JSON object.")
    return data


def _malformed(message: str) -> NoReturn:
    raise Refusal(400, "malformed", message)
