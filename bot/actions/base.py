"""What all actions share: they never raise, and they speak in one shape."""

from __future__ import annotations

import logging
import secrets
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from clinic.knowledge.artifact import ArtifactError
from clinic.safety import Alert, Level, Reason

log = logging.getLogger(__name__)

ASKED = "requested_slot"

Event = dict[str, Any]
Button = dict[str, str]


class ClinicAction(Action, ABC):
    """An action that ends in words whatever happens; subclasses implement `perform`."""

    action_name: str
    # Whether the action may speak while an emergency is unresolved: bookings wait until then.
    during_emergency = True
    # Whether the action has words of its own, or works between two that have.
    speaks = True
    # Whether the action itself deals with the emergency, so that no reminder is added.
    lifts_hold = False

    def name(self) -> str:
        """The name that the domain knows the action by."""
        return self.action_name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Run `perform`; on any fault say so in words and log an id, never the message."""
        hold = None if self.lifts_hold else tracker.get_slot("safety_hold")
        try:
            if hold and self.speaks:
                remind(dispatcher, hold)
            if hold == Level.EMERGENCY.value and not self.during_emergency:
                return [SlotSet(ASKED, None)]  # ends a form that is under way or has just begun
            return list(self.perform(dispatcher, tracker))
        except Exception as error:
            fault = secrets.token_hex(4)
            # Where it broke, never what was in it: an error's text may quote the visitor.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("Fault %s in %s: %s\n%s", fault, self.name(), type(error).__name__, where)
            say(dispatcher, self.fault_text(), "fault", buttons=[HUMAN], id=fault)
            return []

    def fault_text(self) -> str:
        """What to say when this action broke."""
        return fault_text()

    @abstractmethod
    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Do the work and return or yield events."""


HUMAN: Button = {"title": "Talk to a person", "payload": payloads.HUMAN_HANDOFF}
BOOK: Button = {"title": "Book a consultation", "payload": payloads.BOOK}


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    kind: str,
    buttons: Iterable[Button] = (),
    **data: Any,
) -> None:
    """Send one whole message: words, buttons and the machine-readable part."""
    dispatcher.utter_message(text=text, buttons=list(buttons), json_message={"kind": kind, **data})


def mention_sign(dispatcher: CollectingDispatcher, tracker: Tracker) -> Alert | None:
    """Say the fixed text for a sign below alarm that the reply itself does not take up."""
    data = attached(tracker, "safety")
    if not data or intent_of(tracker) == "urgent":
        return None
    alert = Alert(Level(data["level"]), Reason(data["reason"]))
    text = resources.safety_text(alert)
    say(dispatcher, text, "advice", buttons=[HUMAN], level=alert.level.value)
    return alert


def remind(dispatcher: CollectingDispatcher, level: str) -> None:
    """Keep the way to help in sight until the visitor says that the danger is over."""
    where = resources.signposts()
    text = (
        f"If you still need help, call {where.emergency_number} now."
        if level == Level.EMERGENCY.value
        else f"Please contact {where.urgent_advice} today about what you told me."
    )
    safe: Button = {"title": "I am safe now", "payload": payloads.SAFE_NOW}
    say(dispatcher, text, "reminder", buttons=[safe])


def reply(name: str) -> str:
    """One of the clinic's fixed replies."""
    return resources.knowledge().replies[name]


def fault_text() -> str:
    """What to say when something broke; works without a publication."""
    try:
        where = f" Please ring {resources.profile().phone}, or try again in a moment."
    except ArtifactError:
        where = " Please contact the clinic directly, or try again in a moment."
    return "Sorry, something went wrong on our side." + where


def text_of(tracker: Tracker) -> str:
    """The visitor's last message, or an empty text for a pressed button."""
    text = (tracker.latest_message or {}).get("text") or ""
    return "" if text.startswith("/") else text


def intent_of(tracker: Tracker) -> str:
    """The kind of the last turn."""
    return str(((tracker.latest_message or {}).get("intent") or {}).get("name") or "")


def attached(tracker: Tracker, key: str) -> dict[str, Any]:
    """What a component attached to the last message, or nothing."""
    return (tracker.latest_message or {}).get(key) or {}


def entity(tracker: Tracker, name: str) -> str | None:
    """The last message's entity of that name, if any."""
    return next((str(v) for v in tracker.get_latest_entity_values(name)), None)
