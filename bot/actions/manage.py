"""Find a booking by reference and contact; show it, or cancel it."""

from __future__ import annotations

from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from bot.actions.base import (
    ASKED,
    BOOK,
    HUMAN,
    Button,
    ClinicAction,
    Event,
    intent_of,
    say,
    text_of,
)
from bot.actions.booking_turn import OURS, read_turn, stored_contact
from bot.actions.times import when_text
from bot.actions.validate_booking import MOST_TRIES
from clinic.booking.contact import Contact, Suggestion
from clinic.booking.diary import AlreadyCancelled, Booking, Cancelled, Status, TooLate
from clinic.booking.reference import find_reference

FOUND_BY = ("reference", "known_contact", "cancel_agreed")
LEAVE: Button = {"title": "Leave it as it is", "payload": payloads.STOP_BOOKING}


class ActionManage(ClinicAction):
    """Notes what the visitor wants with a booking before the form begins."""

    action_name = "action_manage"
    during_emergency = False
    speaks = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Set the purpose from the kind of turn and empty what an earlier search left."""
        purpose = intent_of(tracker)
        if purpose == "reschedule":
            say(dispatcher, resources.knowledge().replies["reschedule"], "booking")
            purpose = "cancel"
        return [SlotSet("purpose", purpose), *(SlotSet(name, None) for name in FOUND_BY)]


class ValidateManageForm(ClinicAction):
    """Takes reference, contact and agreement from the message, in any order."""

    action_name = "validate_manage_form"
    during_emergency = False
    speaks = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Return the slots that this turn fills; look the booking up once both are known."""
        intent, asked = intent_of(tracker), tracker.get_slot(ASKED)
        if intent == "urgent":
            return []
        turn = read_turn(tracker)
        if asked is not None and (intent == "stop_booking" or turn.agreed is False):
            return [SlotSet("cancel_agreed", "no"), SlotSet(ASKED, None)]
        if asked == "cancel_agreed" and turn.agreed:
            return [SlotSet("cancel_agreed", "yes")]
        said = find_reference(text_of(tracker)), _given(turn.contact)
        if asked is not None and said == (None, None):
            return _try_again(dispatcher, tracker) if intent in OURS else []
        reference = said[0] or tracker.get_slot("reference")
        contact = said[1] or stored_contact(tracker, "known_contact")
        if reference is None and contact is None:
            reference, contact = _own(tracker)
        events: list[Event] = [
            SlotSet("reference", reference),
            SlotSet("known_contact", contact.value if contact else None),
        ]
        if reference is None or contact is None:
            return events
        if resources.diary().find(reference, contact) is None:
            text = (
                "I cannot find a booking with that reference and contact. Please check both: the "
                "reference looks like SMP-7K4Q2M, and the contact is the one you booked with."
            )
            say(dispatcher, text, "booking", buttons=[HUMAN])
            return [
                SlotSet("reference", None),
                SlotSet("known_contact", None),
                *_count_try(tracker),
            ]
        if tracker.get_slot("purpose") == "check_booking":
            return [*events, SlotSet("cancel_agreed", "no")]
        return events


class AskReference(ClinicAction):
    """Asks for the booking reference."""

    action_name = "action_ask_manage_form_reference"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Ask for the reference."""
        text = "What is your booking reference? It looks like SMP-7K4Q2M."
        say(dispatcher, text, "booking", buttons=[LEAVE, HUMAN], asks="reference")
        return []


class AskKnownContact(ClinicAction):
    """Asks for the contact the booking was made with, so that only its owner can change it."""

    action_name = "action_ask_manage_form_known_contact"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Ask for the e-mail address or phone number."""
        text = "Which e-mail address or phone number did you book with?"
        say(dispatcher, text, "booking", buttons=[LEAVE, HUMAN], asks="contact")
        return []


class AskCancelAgreed(ClinicAction):
    """Reads the booking back before it is cancelled."""

    action_name = "action_ask_manage_form_cancel_agreed"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Ask for a yes or no."""
        booking = _found(tracker)
        if booking is None:
            raise LookupError("the booking to cancel has gone")
        text = f"Shall I cancel your {booking.service.lower()} on {when_text(booking.starts_at)}?"
        yes: Button = {"title": "Yes, cancel it", "payload": payloads.AFFIRM}
        say(dispatcher, text, "booking", buttons=[yes, LEAVE], asks="agreement")
        return []


class ActionFinishManage(ClinicAction):
    """Cancels the booking, shows it, or leaves it as it is."""

    action_name = "action_finish_manage"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Do what was agreed and say so."""
        booking = _found(tracker)
        contact = stored_contact(tracker, "known_contact")
        if tracker.get_slot("cancel_agreed") == "yes" and booking and contact:
            self._cancel(dispatcher, booking, contact)
        elif booking is not None and tracker.get_slot("purpose") == "check_booking":
            state = "cancelled" if booking.status is Status.CANCELLED else booking.status.value
            when = when_text(booking.starts_at)
            text = f"{booking.reference}: {booking.service} on {when}, {state}."
            _say_booking(dispatcher, text, booking)
        else:
            say(dispatcher, "All right, I have changed nothing.", "booking", booking=None)
        return [*(SlotSet(name, None) for name in FOUND_BY), SlotSet("purpose", None)]

    def _cancel(self, dispatcher: CollectingDispatcher, booking: Booking, contact: Contact) -> None:
        outcome = resources.diary().cancel(booking.reference, contact)
        when = when_text(booking.starts_at)
        if isinstance(outcome, Cancelled):
            text = f"Your {booking.service.lower()} on {when} is cancelled."
            _say_booking(dispatcher, text, outcome.booking)
        elif isinstance(outcome, AlreadyCancelled):
            _say_booking(dispatcher, f"That booking on {when} was cancelled before.", booking)
        elif isinstance(outcome, TooLate):
            profile = resources.profile()
            hours = profile.booking.cancel_notice_hours
            text = (
                f"Your booking on {when} is less than {hours} hours away, so I cannot cancel "
                f"it here. Please ring {profile.phone}."
            )
            _say_booking(dispatcher, text, booking)
        else:
            raise LookupError("the booking to cancel has gone")


def _say_booking(dispatcher: CollectingDispatcher, text: str, booking: Booking) -> None:
    data = {"reference": booking.reference, "status": booking.status.value}
    say(dispatcher, text, "booking", buttons=[BOOK], booking=data)


def _given(contact: Contact | Suggestion | None) -> Contact | None:
    return contact.given if isinstance(contact, Suggestion) else contact


def _own(tracker: Tracker) -> tuple[str | None, Contact | None]:
    """The one booking made in this very conversation: its session is proof enough."""
    made = [b for b in resources.diary().of_conversation(tracker.sender_id) if b.contact]
    return (made[0].reference, made[0].contact) if len(made) == 1 else (None, None)


def _found(tracker: Tracker) -> Booking | None:
    reference, contact = tracker.get_slot("reference"), stored_contact(tracker, "known_contact")
    return resources.diary().find(reference, contact) if reference and contact else None


def _try_again(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    events = _count_try(tracker)
    if int(tracker.get_slot("tries") or 0) + 1 >= MOST_TRIES:
        text = f"If you do not have it to hand, ring {resources.profile().phone} and we will help."
        say(dispatcher, text, "booking", buttons=[HUMAN])
    else:
        say(dispatcher, "Sorry, I did not find it in that.", "booking")
    return events


def _count_try(tracker: Tracker) -> list[Event]:
    return [SlotSet("tries", float(tracker.get_slot("tries") or 0) + 1)]
