"""Read one turn of the booking form: hold a time, take a name and a contact, or give up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import resources
from bot.actions.base import ASKED, HUMAN, ClinicAction, Event, intent_of, say
from bot.actions.booking_turn import OURS, Turn, read_turn, wish_text
from bot.actions.times import when_text
from clinic.booking.contact import Suggestion
from clinic.booking.dates import matching
from clinic.booking.diary import Held

MOST_TRIES = 2
NEEDED = ("booking_slot", "first_name", "contact", "booking_agreed")


class ValidateBookingForm(ClinicAction):
    """Fills whatever the message brings, in any order, and says what went wrong."""

    action_name = "validate_booking_form"
    during_emergency = False
    speaks = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Return the slots that this turn fills or empties.

        No event at all tells Rasa that the message was none of the form's business: the rules
        then answer it, and the form asks again.
        """
        intent, asked = intent_of(tracker), tracker.get_slot(ASKED)
        if intent == "urgent":
            return []
        turn = read_turn(tracker)
        if asked is not None and turn.stop:
            return _given_up(tracker)
        events: list[Event] = [*_time(dispatcher, tracker, turn), *_details(turn)]
        if events or asked is None:
            return [*events, SlotSet("tries", 0.0)]
        if turn.agreed is None:
            return self._not_understood(dispatcher, tracker) if intent in OURS else []
        if turn.agreed and asked == "booking_agreed":
            return [SlotSet("booking_agreed", "yes")]
        if asked == "booking_agreed":
            say(dispatcher, "No problem. Which time would suit you better?", "booking")
            resources.diary().release(tracker.sender_id)
            return [SlotSet("booking_slot", None), SlotSet("time_wish", None)]
        # A yes to an open question says nothing; a no to it ends the booking.
        return self._not_understood(dispatcher, tracker) if turn.agreed else _given_up(tracker)

    def _not_understood(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        tries = int(tracker.get_slot("tries") or 0) + 1
        if tries >= MOST_TRIES:
            text = (
                "I am having trouble understanding. You can press a button, write stop to leave "
                f"the booking, or ring {resources.profile().phone} and we will book it for you."
            )
            say(dispatcher, text, "booking", buttons=[HUMAN])
        else:
            say(dispatcher, "Sorry, I did not understand that.", "booking")
        return [SlotSet("tries", float(tries))]


def _time(dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn) -> Iterator[Event]:
    diary, conversation = resources.diary(), tracker.sender_id
    start = turn.start
    if start is None and turn.when is not None:
        free = diary.free(conversation=conversation)
        found = matching(free, turn.when, resources.profile().zone)
        if not (turn.when.exact and found.fits):
            # Several times fit, or none: the asking action offers them from the wish.
            yield SlotSet("time_wish", wish_text(tracker))
            yield SlotSet("booking_slot", None)
            return
        start = found.starts[0]
    if start is None:
        return
    outcome = diary.hold(conversation, start.astimezone(dt.timezone.utc))
    if isinstance(outcome, Held):
        yield SlotSet("booking_slot", outcome.booking.starts_at.isoformat())
        yield SlotSet("time_wish", None)
        return
    reason = "has just been taken" if outcome.offered else "is not one we can offer"
    say(dispatcher, f"Sorry, {when_text(start)} {reason}.", "booking")
    yield SlotSet("booking_slot", None)


def _details(turn: Turn) -> Iterator[Event]:
    if turn.name is not None:
        yield SlotSet("first_name", turn.name)
    if turn.contact is not None:
        given = turn.contact.given if isinstance(turn.contact, Suggestion) else turn.contact
        yield SlotSet("contact", given.value)


def _given_up(tracker: Tracker) -> list[Event]:
    resources.diary().release(tracker.sender_id)
    return [
        *(SlotSet(name, None) for name in NEEDED),
        SlotSet("time_wish", None),
        SlotSet(ASKED, None),
    ]
