"""Answer a question from the knowledge base, ask back, or say that it is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from bot.actions.base import (
    BOOK,
    HUMAN,
    Button,
    ClinicAction,
    Event,
    attached,
    entity,
    intent_of,
    mention_sign,
    reply,
    say,
    text_of,
)
from clinic.knowledge.artifact import Answer, Artifact
from clinic.knowledge.search import Context, Outcome, Result
from clinic.safety import Alert, Level, Reason

# A message that the classifier takes for something else must be recognised this clearly.
SURE_DESPITE_SCOPE = 0.9


class ActionAnswer(ClinicAction):
    """The one way from a question to an article."""

    action_name = "action_answer"

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Answer the pressed button's article, or search for the typed words."""
        article = entity(tracker, "article")
        knowledge = resources.knowledge()
        if article is not None:
            return pressed(dispatcher, knowledge, article)
        return answer(dispatcher, tracker, search(tracker))


def search(tracker: Tracker) -> Result:
    """Search for the last message, leaning on the question before it where it leans."""
    context = None
    if question := tracker.get_slot("last_question"):
        context = Context(question, tracker.get_slot("last_article"))
    return resources.searcher().search(text_of(tracker), context)


def answer(dispatcher: CollectingDispatcher, tracker: Tracker, result: Result) -> list[Event]:
    """Say what the result calls for, and remember what a follow-up can lean on."""
    knowledge = resources.knowledge()
    if intent_of(tracker) == "out_of_scope" and result.confidence < SURE_DESPITE_SCOPE:
        result = Result(Outcome.NOT_COVERED, (), (), result.confidence, result.sha)
    if result.outcome is Outcome.NOT_COVERED:
        return _not_covered(dispatcher, tracker, result)
    if result.outcome is Outcome.AMBIGUOUS:
        return _ask_back(dispatcher, tracker, knowledge, result)
    answers = [knowledge.answers[article] for article in result.articles]
    alert = _alert(tracker)
    say(
        dispatcher,
        answer_text(answers, alert),
        result.outcome.value,
        buttons=_buttons(answers, knowledge),
        **_machine_part(answers, knowledge, result.confidence),
        **({"level": alert.level.value} if alert else {}),
    )
    return list(_remember(_question(tracker, result), answers[0].id))


def answer_text(answers: list[Answer], alert: Alert | None = None) -> str:
    """The short answers, with the lead-in and the help lines that a reported sign calls for."""
    parts = [resources.safety_text(alert)] if alert is not None else []
    parts += [one.short for one in answers]
    if alert is not None and answers[0].get_help:
        parts.append(answers[0].get_help)
    return "\n\n".join(parts)


def pressed(dispatcher: CollectingDispatcher, knowledge: Artifact, article: str) -> list[Event]:
    """Answer with one named article, as its button asks."""
    found = knowledge.answers.get(article)
    if found is None:
        say(dispatcher, reply("not_covered"), "not_covered", buttons=[HUMAN, BOOK])
        return []
    say(
        dispatcher,
        answer_text([found]),
        Outcome.ANSWERED.value,
        buttons=_buttons([found], knowledge),
        **_machine_part([found], knowledge, 1.0),
    )
    return list(_remember(found.title, found.id))


def _not_covered(dispatcher: CollectingDispatcher, tracker: Tracker, result: Result) -> list[Event]:
    if mention_sign(dispatcher, tracker):
        return [SlotSet("offered", None)]
    misses = int(tracker.get_slot("misses") or 0) + 1
    name = "not_covered"
    if intent_of(tracker) == "out_of_scope":
        name = "out_of_scope"
    elif misses > 1:
        name = "not_covered_again"
    say(
        dispatcher,
        reply(name),
        "not_covered",
        buttons=[HUMAN, BOOK],
        confidence=round(result.confidence, 3),
    )
    return [SlotSet("misses", float(misses)), SlotSet("offered", None)]


def _ask_back(
    dispatcher: CollectingDispatcher, tracker: Tracker, knowledge: Artifact, result: Result
) -> list[Event]:
    mention_sign(dispatcher, tracker)
    options = [knowledge.answers[article] for article in result.options]
    say(
        dispatcher,
        reply("clarify"),
        "clarify",
        buttons=[{"title": one.title, "payload": payloads.ask_question(one.id)} for one in options],
        options=[one.id for one in options],
        option_topics=_topics(options),
        confidence=round(result.confidence, 3),
    )
    return [
        SlotSet("last_question", _question(tracker, result)),
        SlotSet("offered", list(result.options)),
    ]


def _alert(tracker: Tracker) -> Alert | None:
    """The sign that the screen saw without alarm: healing worries and things for a doctor."""
    data = attached(tracker, "safety")
    return Alert(Level(data["level"]), Reason(data["reason"])) if data else None


def _question(tracker: Tracker, result: Result) -> str:
    """What a later follow-up should be read with; a chain of follow-ups keeps its subject."""
    text = text_of(tracker)
    if result.leaned and result.articles:
        return f"{resources.knowledge().answers[result.articles[0]].title} {text}"
    return text


def _remember(question: str, article: str) -> Iterator[Event]:
    yield SlotSet("last_question", question)
    yield SlotSet("last_article", article)
    yield SlotSet("offered", None)
    yield SlotSet("misses", 0.0)


def _buttons(answers: list[Answer], knowledge: Artifact) -> list[Button]:
    if len(answers) > 1:
        return [
            {"title": f"More: {one.title}", "payload": payloads.tell_more(one.id)}
            for one in answers
        ]
    only = answers[0]
    more: list[Button] = []
    if only.details or only.get_help:
        more.append({"title": "Tell me more", "payload": payloads.tell_more(only.id)})
    related = [knowledge.answers[r] for r in only.related if r in knowledge.answers][:3]
    return more + [
        {"title": one.title, "payload": payloads.ask_question(one.id)} for one in related
    ]


def _machine_part(answers: list[Answer], knowledge: Artifact, confidence: float) -> dict[str, Any]:
    first = answers[0]
    return {
        "article": first.id,
        "articles": [one.id for one in answers],
        "topics": _topics(answers),
        "sources": [
            {"title": s.title, "publisher": s.publisher, "year": s.year}
            for s in dict.fromkeys(source for one in answers for source in one.sources)
        ],
        "reviewed_on": first.reviewed_on.isoformat() if first.reviewed_on else None,
        "review": review_line(answers, knowledge),
        "knowledge": knowledge.sha,
        "confidence": round(confidence, 3),
    }


def review_line(answers: list[Answer], knowledge: Artifact) -> str:
    """Who reviewed the answer and when, or that it still awaits the clinic's review."""
    waiting = [one for one in answers if one.reviewed_on is None]
    if waiting:
        return knowledge.replies["unreviewed"]
    first = answers[0]
    return f"Reviewed by {first.reviewed_by} on {first.reviewed_on:%d %B %Y}."


def _topics(answers: list[Answer]) -> list[str]:
    return list(dict.fromkeys(topic for one in answers for topic in one.topics))
