"""One turn of a booking: what the message says about time, name, contact and agreement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rasa_sdk import Tracker

from bot import resources
from bot.actions.base import attached, entity, intent_of, text_of
from clinic.booking.contact import Contact, Kind, Suggestion, read_contact, read_name
from clinic.booking.dates import When, read_when
from clinic.knowledge.search import Outcome

ASKED = "requested_slot"
# A bare word that the knowledge base recognises this well is a question, not a name.
_CLEARLY_A_QUESTION = 0.6


@dataclass(frozen=True)
class Turn:
    """What one message brings to a booking; None where it says nothing."""

    start: dt.datetime | None
    when: When | None
    name: str | None
    contact: Contact | Suggestion | None
    agreed: bool | None
    stop: bool

    @property
    def empty(self) -> bool:
        """Whether the message brought nothing that a booking can use."""
        return (
            not (self.start or self.when or self.name or self.contact or self.stop)
            and self.agreed is None
        )


def read_turn(tracker: Tracker) -> Turn:
    """Read the last message in the light of what was asked."""
    text, intent, asked = text_of(tracker), intent_of(tracker), tracker.get_slot(ASKED)
    profile = resources.profile()
    contact = read_contact(text, profile.phone_region) if text else None
    when = None
    # A phone number is full of digits that look like dates.
    if text and contact is None:
        when = read_when(text, dt.datetime.now(dt.timezone.utc), profile.zone)
    name = read_name(text, bare=asked == "first_name" and when is None) if text else None
    agreed = {"affirm": True, "deny": False}.get(intent)
    return Turn(
        start=_chosen(tracker),
        when=when,
        name=name,
        contact=contact,
        agreed=agreed if when is None and contact is None else None,
        stop=intent == "stop_booking" or (intent == "cancel" and when is None),
    )


def name_in_passing(tracker: Tracker) -> str | None:
    """A bare first name that answers our question but was taken for a question itself."""
    if tracker.get_slot(ASKED) != "first_name" or not tracker.active_loop_name:
        return None
    found = attached(tracker, "knowledge")
    if (
        found.get("outcome") != Outcome.NOT_COVERED.value
        and found.get("confidence", 0.0) >= _CLEARLY_A_QUESTION
    ):
        return None
    return read_name(text_of(tracker), bare=True)


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
