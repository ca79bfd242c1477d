"""Give the longer text of the last answer, or of the one whose button was pressed."""

from __future__ import annotations

from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from bot.actions.answer import review_line
from bot.actions.base import ClinicAction, Event, entity, reply, say


class ActionTellMore(ClinicAction):
    """The details behind a short answer, with when to get help."""

    action_name = "action_tell_more"

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Say the details of the article in question."""
        return tell_more(dispatcher, entity(tracker, "article") or tracker.get_slot("last_article"))


def tell_more(dispatcher: CollectingDispatcher, article: str | None) -> list[Event]:
    """Say the details of an article, or that there is nothing more to say."""
    knowledge = resources.knowledge()
    found = knowledge.answers.get(article) if article else None
    text = "\n\n".join(p for p in (found.details, found.get_help) if p) if found else ""
    if found is None or not text:
        say(dispatcher, reply("nothing_more"), "smalltalk")
        return []
    say(
        dispatcher,
        text,
        "details",
        buttons=[
            {"title": knowledge.answers[r].title, "payload": payloads.ask_question(r)}
            for r in found.related[:3]
            if r in knowledge.answers
        ],
        article=found.id,
        articles=[found.id],
        topics=list(found.topics),
        sources=[
            {"title": s.title, "publisher": s.publisher, "year": s.year} for s in found.sources
        ],
        review=review_line([found], knowledge),
        knowledge=knowledge.sha,
    )
    return [SlotSet("last_article", found.id)]
