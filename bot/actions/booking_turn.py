"""One turn of a booking: what the message says about time, name, contact and agreement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rasa_sdk import Tracker

from bot import resources
from bot.actions.base import ASKED, attached, entity, intent_of, text_of
from bot.pipeline.masking import without_contact
from clinic.booking.contact import Contact, Kind, Suggestion, read_contact, read_name
from clinic.booking.dates import When, read_when
from clinic.knowledge.search import Outcome

# A message that the knowledge base recognises this well asks something, whatever else is in it.
_CLEARLY_A_QUESTION = 0.6
# A bare word must be recognised better still to be no name: there is something on "Mark", too.
_CLEARLY_NO_NAME = 0.85
# A yes books and a no lets go: a smiley or a "?" that looks a little like one does neither.
_CLEARLY_MEANT = 0.6

# Kinds of turn that are a booking's own business even when it cannot read them.
OURS = frozenset({"inform", "affirm", "deny", "book", "availability", "choose_slot"})
# As many words as "next tuesday at 3" has.
_TIME_ALONE = 4


@dataclass(frozen=True)
class Turn:
    """What one message brings to a booking; None where it says nothing."""

    start: dt.datetime | None
    when: When | None
    name: str | None
    contact: Contact | Suggestion | None
    agreed: bool | None
    stop: bool


def read_turn(tracker: Tracker) -> Turn:
    """Read the last message in the light of what was asked."""
    text, intent, asked = text_of(tracker), intent_of(tracker), tracker.get_slot(ASKED)
    profile = resources.profile()
    contact = read_contact(text, profile.phone_region) if text else None
    # The digits of a phone number look like dates.
    rest, wish = without_contact(text), wish_text(tracker)
    question = _asks(tracker, _CLEARLY_A_QUESTION)
    # A question has times in it too ("will it heal in 2 weeks"); a few words are a time alone.
    asks_else = question and intent not in OURS and len(rest.split()) > _TIME_ALONE
    when = read_wish(wish) if wish and not asks_else else None
    bare = asked == "first_name" and when is None and not _asks(tracker, _CLEARLY_NO_NAME)
    agreed = _agreement(tracker)
    return Turn(
        start=_chosen(tracker),
        when=when,
        name=read_name(rest, bare=bare) if rest else None,
        contact=contact,
        agreed=agreed if when is None and contact is None else None,
        stop=intent == "stop_booking" or (intent == "cancel" and when is None),
    )


def read_wish(text: str) -> When | None:
    """What a text says about a time, read now, in the clinic's zone."""
    return read_when(text, dt.datetime.now(dt.timezone.utc), resources.profile().zone)


def wish_text(tracker: Tracker) -> str:
    """The words to read a time from: a bare clock time narrows the day wished for before."""
    text, before = without_contact(text_of(tracker)), tracker.get_slot("time_wish")
    when = read_wish(text) if before and text else None
    return f"{before} {text}" if when and not (when.days or when.weekdays) else text


def _agreement(tracker: Tracker) -> bool | None:
    intent = (tracker.latest_message or {}).get("intent") or {}
    if float(intent.get("confidence") or 0.0) < _CLEARLY_MEANT:
        return None
    return {"affirm": True, "deny": False}.get(str(intent.get("name")))


def _asks(tracker: Tracker, confidence: float) -> bool:
    """Whether the knowledge base recognises the message as a question at least this well."""
    found = attached(tracker, "knowledge")
    return (
        found.get("outcome") in (Outcome.ANSWERED.value, Outcome.BOTH.value)
        and found.get("confidence", 0.0) >= confidence
    )


def stored_contact(tracker: Tracker, slot: str) -> Contact | None:
    """The contact kept in a slot."""
    value = tracker.get_slot(slot)
    if not value:
        return None
    return Contact(Kind.EMAIL if "@" in value else Kind.PHONE, value)


def stored_start(tracker: Tracker) -> dt.datetime | None:
    """The chosen start kept in the slot, aware, in UTC."""
    value = tracker.get_slot("booking_slot")
    return dt.datetime.fromisoformat(value) if value else None


def _chosen(tracker: Tracker) -> dt.datetime | None:
    value = entity(tracker, "slot") if intent_of(tracker) == "choose_slot" else None
    if value is None:
        return None
    try:
        start = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return start if start.tzinfo is not None else None
