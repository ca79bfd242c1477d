"""The fixed text for a red flag: first in line from any state, nothing else in the same reply."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from bot.actions.base import ClinicAction, Event, attached, say
from bot.actions.validate_booking import NEEDED
from clinic.safety import Alert, Level, Reason


class ActionUrgent(ClinicAction):
    """Says what to do now; a booking under way is set aside and its hold released."""

    action_name = "action_urgent"
    lifts_hold = True

    def fault_text(self) -> str:
        """Even with every text missing, a red flag is answered by where to turn."""
        return (
            "If this may be serious, call your local emergency number now. Please do not wait for "
            "this chat or for the clinic."
        )

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Send the text for the level and reason that the screen attached."""
        data = attached(tracker, "safety")
        alert = Alert(Level(data["level"]), Reason(data["reason"]))
        say(
            dispatcher,
            resources.safety_text(alert),
            "urgent",
            buttons=[{"title": "I am safe now", "payload": payloads.SAFE_NOW}],
            level=alert.level.value,
            reason=alert.reason.value,
        )
        # The time goes back to others; a diary that is down must not delay this reply.
        with contextlib.suppress(Exception):
            resources.diary().release(tracker.sender_id)
        # Nothing of the booking is left that a later one could take for a time still kept.
        forgotten = [SlotSet(name, None) for name in (*NEEDED, "time_wish")]
        return [SlotSet("safety_hold", alert.level.value), *forgotten]


class ActionSafeNow(ClinicAction):
    """Lifts the hold once the visitor says that the danger is over."""

    action_name = "action_safe_now"
    lifts_hold = True

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Acknowledge, and go back to ordinary conversation."""
        say(dispatcher, resources.knowledge().replies["safe_now"], "smalltalk")
        return [SlotSet("safety_hold", None)]
