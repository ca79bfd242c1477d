"""Requests and small talk that have one fixed reply, in the clinic's own words."""

from __future__ import annotations

from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.base import (
    BOOK,
    HUMAN,
    Button,
    ClinicAction,
    Event,
    entity,
    intent_of,
    mention_sign,
    reply,
    say,
)

# Intent -> name of the reply, kind of the message, buttons.
_REPLIES: dict[str, tuple[str, str, list[Button]]] = {
    "greet": ("greeting", "smalltalk", [BOOK]),
    "thanks": ("thanks", "smalltalk", []),
    "goodbye": ("goodbye", "smalltalk", []),
    "bot_challenge": ("bot_challenge", "smalltalk", [HUMAN]),
    "smalltalk": ("smalltalk", "smalltalk", [BOOK]),
    "human_handoff": ("human_handoff", "handoff", [BOOK]),
    "complaint": ("complaint", "handoff", []),
    "privacy_request": ("privacy_request", "privacy", [HUMAN]),
    "feedback_positive": ("feedback_positive", "smalltalk", []),
    "feedback_negative": ("feedback_negative", "smalltalk", [HUMAN]),
}


class ActionSay(ClinicAction):
    """Looks the reply up by the kind of turn."""

    action_name = "action_say"

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Say the fixed reply to this kind of turn."""
        intent = intent_of(tracker)
        if intent == "feedback":
            positive = entity(tracker, "rating") == "up"
            intent = "feedback_positive" if positive else "feedback_negative"
        name, kind, buttons = _REPLIES[intent]
        # Low spirits or a sign for a doctor come before small talk, and instead of it.
        if mention_sign(dispatcher, tracker) and kind == "smalltalk":
            return []
        say(dispatcher, reply(name), kind, buttons=buttons)
        return []
