"""What domain, rules, training examples, actions, payloads and content promise each other.

Rasa's own validation passes a deleted answer and an unused intent; these checks do not.
"""

from __future__ import annotations

import ast
import datetime as dt
import functools
import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import payloads
from clinic.knowledge.article import TOPICS
from clinic.knowledge.content import Content, read_content

PROJECT = Path(__file__).resolve().parents[2]
BOT, KNOWLEDGE = PROJECT / "bot", PROJECT / "knowledge"
ACTION_FILES = sorted((BOT / "actions").glob("*.py"))
# Set by the safety screen, never learnt from examples.
SET_BY_THE_SCREEN = {"urgent"}


@functools.cache
def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


DOMAIN = _yaml(BOT / "domain.yml")
RULES = _yaml(BOT / "data" / "rules.yml")["rules"]
STEPS = [step for rule in RULES for step in rule["steps"]]
FORM_SLOTS = [
    (form, slot) for form, fields in DOMAIN["forms"].items() for slot in fields["required_slots"]
]


@pytest.fixture(scope="module")
def content() -> Content:
    return read_content(KNOWLEDGE)


@functools.cache
def _registered() -> frozenset[str]:
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("ignore")
        from rasa_sdk.executor import ActionExecutor

        executor = ActionExecutor()
        executor.register_package("bot.actions")
    return frozenset(executor.actions)


def _plain_payloads() -> list[str]:
    values = [value for name, value in vars(payloads).items() if name.isupper()]
    return [value for value in values if isinstance(value, str) and value.startswith("/")]


def _built_payloads(article: str) -> list[str]:
    return [
        payloads.ask_question(article),
        payloads.tell_more(article),
        payloads.feedback("up", article),
        payloads.feedback("down", article),
        payloads.choose_slot(dt.datetime(2026, 11, 24, 10, tzinfo=dt.timezone.utc).isoformat()),
    ]


def test_the_intents_of_domain_and_rules_are_the_same() -> None:
    # With no rule an intent meets the fallback; of a mistyped rule nothing would be heard.
    in_rules = {step["intent"] for step in STEPS if "intent" in step}
    assert in_rules == {*DOMAIN["intents"], "nlu_fallback"}


def test_every_intent_can_be_reached() -> None:
    taught = {entry["intent"] for entry in _yaml(BOT / "data" / "nlu.yml")["nlu"]}
    assert taught <= set(DOMAIN["intents"])
    pressed = {str(payload.intent) for payload in _parsed("any-article")}
    assert set(DOMAIN["intents"]) <= taught | pressed | SET_BY_THE_SCREEN


@pytest.mark.parametrize(
    "intent", sorted({e["intent"] for e in _yaml(BOT / "data/nlu.yml")["nlu"]})
)
def test_every_taught_intent_has_enough_examples(intent: str) -> None:
    entries = [e for e in _yaml(BOT / "data" / "nlu.yml")["nlu"] if e["intent"] == intent]
    examples = [line for entry in entries for line in entry["examples"].splitlines()]
    assert len(set(examples)) >= 20


def test_every_action_of_a_rule_exists() -> None:
    known = {*DOMAIN["actions"], *DOMAIN["forms"], "action_deactivate_loop"}
    assert {step["action"] for step in STEPS if "action" in step} <= known


def test_action_classes_and_the_domain_name_the_same_actions() -> None:
    assert _registered() == set(DOMAIN["actions"])


@pytest.mark.parametrize(("form", "slot"), FORM_SLOTS)
def test_every_form_slot_has_its_question(form: str, slot: str) -> None:
    assert slot in DOMAIN["slots"]
    assert f"action_ask_{form}_{slot}" in _registered()


@pytest.mark.parametrize("form", DOMAIN["forms"])
def test_every_form_is_validated(form: str) -> None:
    assert f"validate_{form}" in _registered()


def test_every_slot_that_an_action_names_is_in_the_domain() -> None:
    named = {name for path in ACTION_FILES for name in _slots(path)}
    assert named >= {"booking_slot", "safety_hold"}  # the search finds something
    assert named <= {*DOMAIN["slots"], "requested_slot"}


def test_every_payload_parses_to_an_intent_and_entities_of_the_domain(content: Content) -> None:
    for article in content.articles:
        for payload in _parsed(article):
            assert payload.intent in DOMAIN["intents"]
            assert {name for name, _ in payload.values} <= set(DOMAIN["entities"])


def test_every_payload_builder_is_checked_here() -> None:
    public = {
        name
        for name, function in inspect.getmembers(payloads, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == payloads.__name__
    }
    assert public - {"parse"} == {"ask_question", "tell_more", "feedback", "choose_slot"}


@pytest.mark.parametrize("path", ACTION_FILES, ids=lambda path: path.stem)
def test_no_action_writes_a_payload_by_hand(path: Path) -> None:
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if text.startswith("/") and len(text) > 1]


def test_every_reply_that_is_said_exists(content: Content) -> None:
    from bot.actions.say import _REPLIES

    said = {name for path in ACTION_FILES for name in _replies(path)}
    said |= {name for name, _, _ in _REPLIES.values()}
    assert said == set(content.replies)


def test_every_kind_of_turn_with_a_fixed_reply_has_its_reply() -> None:
    from bot.actions.say import _REPLIES

    ruled = {
        step["intent"]
        for rule in RULES
        for step in rule["steps"]
        if "intent" in step and {"action": "action_say"} in rule["steps"]
    }
    assert ruled - {"feedback"} == set(_REPLIES)


def test_every_related_article_is_published(content: Content) -> None:
    for article in content.articles.values():
        for related in article.related:
            assert content.articles[related].status == "published", f"{article.file}: {related}"


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_every_topic_has_a_published_article(topic: str, content: Content) -> None:
    published = [one for one in content.articles.values() if one.status == "published"]
    assert any(topic in article.topics for article in published)


def _parsed(article: str) -> list[payloads.Payload]:
    texts = _plain_payloads() + _built_payloads(article)
    parsed = [payloads.parse(text) for text in texts]
    assert None not in parsed, texts
    return [payload for payload in parsed if payload is not None]


def _slots(path: Path) -> Iterator[str]:
    """Names in `get_slot("…")` and `SlotSet("…", …)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in ("get_slot", "SlotSet"):
                yield str(node.args[0].value)


def _replies(path: Path) -> Iterator[str]:
    """Names in `reply("…")`, in `….replies["…"]`, and those kept in a variable `name` for it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reply":
            yield from _texts(node.args[0])
        elif isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "replies":
            yield from _texts(node.slice)
        elif isinstance(node, ast.Assign) and _is_reply_name(path, node):
            yield from _texts(node.value)


def _is_reply_name(path: Path, node: ast.Assign) -> bool:
    says_by_name = "reply(name)" in path.read_text(encoding="utf-8")
    return says_by_name and [getattr(target, "id", "") for target in node.targets] == ["name"]


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return [str(node.value)] if isinstance(node, ast.Constant) else []
