"""A bare yes, no or detail outside a form: it leans on what was just offered."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import resources
from bot.actions.answer import answer, pressed, search
from bot.actions.base import BOOK, ClinicAction, Event, intent_of, reply, say, text_of
from bot.actions.booking_turn import read_wish
from bot.actions.tell_more import tell_more
from clinic.knowledge.search import Outcome

_ORDINALS = (
    r"\b(?:first|1st|one|1|top)\b",
    r"\b(?:second|2nd|two|2|middle|other)\b",
    r"\b(?:third|3rd|three|3|last|bottom)\b",
)


class ActionPick(ClinicAction):
    """Resolves "the second one" or "yes" against the buttons just shown."""

    action_name = "action_pick"

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Answer the option that was meant, or say what can be done."""
        offered = tracker.get_slot("offered") or []
        text = text_of(tracker)
        if offered and (chosen := _chosen(text, len(offered))) is not None:
            return pressed(dispatcher, resources.knowledge(), offered[chosen])
        intent = intent_of(tracker)
        if intent == "affirm" and offered:
            return pressed(dispatcher, resources.knowledge(), offered[0])
        if intent == "affirm" and (article := tracker.get_slot("last_article")):
            # Said here: a follow-up action would have no rule after it, and be followed by others.
            return tell_more(dispatcher, article)
        # "why not" looks like a no, and "and short hair?" like a detail: more than one word may
        # still be a question that leans on the one before.
        if len(text.split()) > 1:
            result = search(tracker)
            if result.outcome in (Outcome.ANSWERED, Outcome.BOTH):
                return answer(dispatcher, tracker, result)
        if intent == "inform" and read_wish(text) is not None:
            # A time out of the blue: keep it, so that booking begins with it.
            say(dispatcher, reply("inform"), "smalltalk", buttons=[BOOK])
            return [SlotSet("time_wish", text), SlotSet("offered", None)]
        name = "inform" if intent == "inform" else "thanks"
        say(dispatcher, reply(name), "smalltalk", buttons=[BOOK])
        return [SlotSet("offered", None)]


def _chosen(text: str, count: int) -> int | None:
    named = [
        index for index, pattern in enumerate(_ORDINALS[:count]) if re.search(pattern, text, re.I)
    ]
    # "the last one" of two is the second; "the other one" of three is anybody's guess.
    if not named and count == 2 and re.search(r"\b(?:last|bottom)\b", text, re.I):
        return 1
    if len(named) > 1 and 0 in named and re.search(r"\bone\b", text, re.I):
        named.remove(0)  # in "the second one", "one" counts nothing
    return named[0] if len(named) == 1 else None
