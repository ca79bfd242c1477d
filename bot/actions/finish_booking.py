"""Book what was agreed, or say that nothing was booked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from bot.actions.base import BOOK, ClinicAction, Event, say
from bot.actions.booking_turn import stored_contact, stored_start
from bot.actions.times import slot_buttons, when_text
from bot.actions.validate_booking import NEEDED
from clinic.booking.diary import Booked, HoldExpired, Taken

# Which wording about personal data the visitor saw when giving a contact (ask_booking.py).
CONSENT_VERSION = "2026-11"


class ActionFinishBooking(ClinicAction):
    """The end of the booking form; the diary has the last word."""

    action_name = "action_finish_booking"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Confirm the hold and read the booking back, or offer other times."""
        start, contact = stored_start(tracker), stored_contact(tracker, "contact")
        name = tracker.get_slot("first_name")
        if tracker.get_slot("booking_agreed") != "yes" or not (start and contact and name):
            text = "All right, nothing has been booked. You can come back to it at any time."
            say(dispatcher, text, "booking", buttons=[BOOK], booking=None)
            return _cleared()
        # The same answers in the same conversation are the same booking, however often they come.
        key = hashlib.sha256(
            "\0".join([tracker.sender_id, start.isoformat(), contact.value]).encode()
        ).hexdigest()
        outcome = resources.diary().confirm(tracker.sender_id, name, contact, key, CONSENT_VERSION)
        if isinstance(outcome, Booked):
            return self._booked(dispatcher, outcome)
        return self._lost(dispatcher, outcome)

    def _booked(self, dispatcher: CollectingDispatcher, outcome: Booked) -> list[Event]:
        booking, profile = outcome.booking, resources.profile()
        text = (
            f"Booked: {booking.service} on {when_text(booking.starts_at)} at {profile.name}. Your "
            f"reference is {booking.reference}; please keep it. To cancel, write: cancel "
            f"{booking.reference}."
        )
        say(
            dispatcher,
            text,
            "booking",
            buttons=[{"title": "Cancel this booking", "payload": payloads.CANCEL}],
            booking={"reference": booking.reference, "status": booking.status.value},
        )
        return _cleared()

    def _lost(self, dispatcher: CollectingDispatcher, outcome: HoldExpired | Taken) -> list[Event]:
        if isinstance(outcome, Taken):
            starts = list(outcome.alternatives)
        else:
            starts = resources.diary().free(limit=3)
        text = "Sorry, that time is no longer free and nothing has been booked."
        text += " These are near it." if starts else f" Please ring {resources.profile().phone}."
        say(dispatcher, text, "booking", buttons=slot_buttons(starts), booking=None)
        # Name and contact are kept, so that one press on a new time is enough.
        return [SlotSet("booking_slot", None), SlotSet("booking_agreed", None)]


def _cleared() -> list[Event]:
    return [*(SlotSet(name, None) for name in NEEDED), SlotSet("time_wish", None)]
