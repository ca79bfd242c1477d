"""The one list of payloads that buttons may carry."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import payloads

articles = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True)


@pytest.mark.parametrize(
    "text",
    [
        payloads.AFFIRM,
        payloads.TELL_MORE,
        payloads.SAFE_NOW,
        '/ask_question{"article":"does-it-hurt"}',
        '/tell_more{"article":"x1"}',
        '/choose_slot{"slot":"2026-12-01T09:30:00+00:00"}',
        '/choose_slot{"slot":"2026-12-01T09:30Z"}',
        '/feedback{"rating":"up","article":"x"}',
    ],
)
def test_allowed_payload_keeps_its_spelling(text: str) -> None:
    assert str(payloads.parse(text)) == text


def test_every_allowed_spelling_becomes_one() -> None:
    parsed = payloads.parse('/feedback{ "article":"x" , "rating":"\\u0075p" }')
    assert str(parsed) == '/feedback{"rating":"up","article":"x"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "affirm",
        "/",
        "/restart",
        "/session_start",
        "/affirm ",
        " /affirm",
        "/affirm\n",
        "/affirm@0.5",
        "/affirm{}",
        "/restart{}",
        '/affirm{"article":"x"}',
        "/ask_question",
        "/ask_question{}",
        '/ask_question{"article":"X"}',
        '/ask_question{"article":""}',
        '/ask_question{"article":"a\\n"}',
        '/ask_question{"article":["x"]}',
        '/ask_question{"article":{"article":"x"}}',
        '/ask_question{"article":5}',
        '/ask_question{"article":"x","article":"y"}',
        '/ask_question{"article":"x","slot":"y"}',
        '/ask_question@1.0{"article":"x"}',
        '/ask_question{"article":"x"}/restart',
        '/ask_question{"article":"x"} and more}',
        f'/ask_question{{"article":"{"x" * 65}"}}',
        '/choose_slot{"slot":"2026-13-01T09:30:00+00:00"}',
        '/choose_slot{"slot":"2026-12-01T09:30:00"}',
        '/choose_slot{"slot":"2026-12-01"}',
        '/choose_slot{"slot":"٢٠٢٦-12-01T09:30Z"}',
        '/feedback{"rating":"maybe","article":"x"}',
        '/feedback{"rating":"up"}',
        "/ask_question" + "{" * 280,
        "/ask_question" + '{"a":' * 50 + "}",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    assert payloads.parse(text) is None


@given(articles, st.sampled_from(["up", "down"]), st.datetimes(timezones=st.timezones()))
def test_what_a_builder_builds_is_allowed(article: str, rating: str, start) -> None:
    built = [
        payloads.ask_question(article),
        payloads.tell_more(article),
        payloads.feedback(rating, article),
    ]
    if start.utcoffset().seconds % 60 == 0:  # historic local times have offsets with seconds
        built.append(payloads.choose_slot(start.isoformat(timespec="minutes")))
    assert [str(payloads.parse(text)) for text in built] == built


@given(st.text(), st.text())
def test_builders_refuse_what_would_not_be_let_in(article: str, rating: str) -> None:
    if not payloads.parse(f"/feedback{json.dumps({'rating': rating, 'article': article})}"):
        with pytest.raises(ValueError, match="not an allowed payload"):
            payloads.feedback(rating, article)


@given(st.from_regex(r"/[a-z_]{0,12}(\{.{0,40}\})?") | st.text())
def test_parsing_is_stable_and_never_raises(text: str) -> None:
    payload = payloads.parse(text)
    assert payload is None or payloads.parse(str(payload)) == payload
