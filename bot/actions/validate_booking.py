"""Read one turn of the booking form: hold a time, take a name and a contact, or give up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import resources
from bot.actions.answer import answer, search
from bot.actions.base import HUMAN, ClinicAction, Event, say, text_of
from bot.actions.booking_turn import ASKED, Turn, read_turn
from bot.actions.times import when_text
from clinic.booking.contact import Suggestion
from clinic.booking.dates import matching
from clinic.booking.diary import Held
from clinic.knowledge.search import Outcome

MOST_TRIES = 2
NEEDED = ("booking_slot", "first_name", "contact", "booking_agreed")


class ValidateBookingForm(ClinicAction):
    """Fills whatever the message brings, in any order, and says what went wrong."""

    action_name = "validate_booking_form"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Return the slots that this turn fills or empties."""
        turn = read_turn(tracker)
        if turn.stop:
            return _given_up(tracker)
        asked = tracker.get_slot(ASKED)
        events: list[Event] = [*self._time(dispatcher, tracker, turn), *_details(turn)]
        if asked == "booking_agreed" and turn.agreed is not None and not events:
            if turn.agreed:
                return [SlotSet("booking_agreed", "yes")]
            say(dispatcher, "No problem. Which time would suit you better?", "booking")
            resources.diary().release(tracker.sender_id)
            return [SlotSet("booking_slot", None), SlotSet("time_wish", None)]
        if asked is not None and turn.agreed is False and not events:
            return _given_up(tracker)
        if events or asked is None:
            return [*events, SlotSet("tries", 0.0)]
        return self._not_understood(dispatcher, tracker)

    def _time(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> Iterator[Event]:
        diary, conversation = resources.diary(), tracker.sender_id
        start = turn.start
        if start is None and turn.when is not None:
            free = diary.free(conversation=conversation)
            found = matching(free, turn.when, resources.profile().zone)
            if not (turn.when.exact and found.fits):
                # Several times fit, or none: the asking action offers them from the wish.
                yield SlotSet("time_wish", text_of(tracker))
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

    def _not_understood(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        result = search(tracker)
        if result.outcome in (Outcome.ANSWERED, Outcome.BOTH):
            return answer(dispatcher, tracker, result)
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
