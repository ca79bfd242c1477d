"""The measuring stick, `stipple ask --jsonl`: its exact shape, and what it leaves alone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from built_home import BuiltHome, built_home

from clinic.booking.hours import is_bookable
from clinic.database import upgrade
from clinic.profile import load_profile

# docs/architecture.md; whoever reads these lines counts on every name and on the order.
KEYS = [
    "text",
    "intent",
    "kind",
    "articles",
    "topics",
    "options",
    "option_topics",
    "level",
    "confidence",
    "booking",
    "reply",
]

Line = dict[str, Any]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltHome:
    home = built_home(tmp_path_factory.mktemp("asked"))
    upgrade(home.settings().database_url)
    return home


def bookable(built: BuiltHome) -> dt.datetime:
    profile = load_profile(built.knowledge / "clinic.yml")
    now = dt.datetime.now(dt.timezone.utc)
    days = (now.astimezone(profile.zone).date() + dt.timedelta(days=n) for n in range(2, 14))
    starts = (dt.datetime.combine(day, dt.time(11), profile.zone) for day in days)
    return next(start for start in starts if is_bookable(profile, start, now))


@pytest.fixture(scope="module")
def asked(built: BuiltHome) -> list[tuple[bytes, Line]]:
    """All lines in one run, each with what came back, in order."""
    start = bookable(built)
    book = {
        "turns": [
            f"book me in on {start:%A} {start.day} {start:%B} at 11am",
            "Dave",
            "dave.testperson@example.com",
            "yes",
        ]
    }
    requests: list[Any] = [
        {"text": "does it hurt?"},
        {"turns": ["how many sessions will I need?", "and for women?"]},
        {"text": "what is the capital of France?"},
        book,
        book,  # a fresh conversation with an empty diary: the same time again
        {"text": "my throat is swelling and I can't breathe"},
        {"turns": ["am I allergic to the ink?"]},
        {"text": ""},
        {"text": "x" * 100_000},
        {"text": "/restart"},
        {"text": '/session_start{"a":"b"}'},
        {"text": "\ud83d"},
        {"text": "¿duele mucho? 🙈"},
    ]
    lines = [json.dumps(request).encode() for request in requests]
    lines += [
        b"",
        b"not JSON",
        b"[]",
        b"5",
        b'"does it hurt?"',
        b"{}",
        b'{"text": 5}',
        b'{"turns": []}',
        b'{"turns": "does it hurt?"}',
        b'{"turns": ["hello", null]}',
        b'{"text": "caf\xe9"}',
        b"[" * 100_000,
        json.dumps({"text": "does it hurt?"}).encode(),
    ]
    done = built.run("ask", "--jsonl", stdin=b"\n".join(lines))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return list(zip([line for line in lines if line], answers, strict=True))


def of(asked: list[tuple[bytes, Line]], beginning: str) -> list[Line]:
    """The answers to the lines that begin so."""
    return [answer for line, answer in asked if line.startswith(beginning.encode())]


def test_every_line_is_answered_in_order(asked: list[tuple[bytes, Line]]) -> None:
    for line, answer in asked:
        if "text" in answer:
            request = json.loads(line)
            assert answer["text"] == (
                request["turns"][-1] if "turns" in request else request["text"]
            )


def test_the_keys_are_exact_and_in_order(asked: list[tuple[bytes, Line]]) -> None:
    for line, answer in asked:
        if "error" in answer:
            continue
        turns = json.loads(line).get("turns")
        assert list(answer) == KEYS + (["trail"] if turns else [])
        for turn in answer.get("trail", []):
            assert list(turn) == KEYS
        if turns:
            assert [turn["text"] for turn in answer["trail"]] == turns
            assert answer["trail"][-1] == {key: answer[key] for key in KEYS}


def test_the_values_are_of_their_kinds(asked: list[tuple[bytes, Line]]) -> None:
    answers = [answer for _, answer in asked if "error" not in answer]
    for turn in answers + [turn for answer in answers for turn in answer.get("trail", [])]:
        assert all(isinstance(turn[key], str) for key in ("text", "intent", "kind", "reply"))
        assert turn["reply"]
        for key in ("articles", "topics", "options", "option_topics"):
            assert isinstance(turn[key], list)
            assert all(isinstance(entry, str) for entry in turn[key])
        assert turn["level"] in (None, "emergency", "urgent", "nonurgent", "normal")
        assert 0 <= turn["confidence"] <= 1
        assert turn["booking"] is None or set(turn["booking"]) >= {"reference", "status"}


def test_a_question_is_answered(asked: list[tuple[bytes, Line]]) -> None:
    first, last = of(asked, '{"text": "does it hurt?"}')
    assert first["kind"] == "answer"
    assert first["articles"] == ["pain-numbing"]
    assert first["topics"] == ["pain_and_numbing"]
    # Whatever came between, a line is a conversation of its own.
    assert last == first


def test_a_red_flag_has_its_level(asked: list[tuple[bytes, Line]]) -> None:
    (answer,) = of(asked, '{"text": "my throat')
    assert (answer["kind"], answer["level"]) == ("urgent", "emergency")


def test_what_is_not_covered_names_no_article(asked: list[tuple[bytes, Line]]) -> None:
    (answer,) = of(asked, '{"text": "what is the capital')
    assert (answer["kind"], answer["articles"]) == ("not_covered", [])


def test_the_same_time_can_be_booked_in_every_line(asked: list[tuple[bytes, Line]]) -> None:
    first, second = of(asked, '{"turns": ["book')
    assert [turn["booking"] for turn in first["trail"][:-1]] == [None] * 3
    assert first["booking"]["status"] == second["booking"]["status"] == "confirmed"
    assert first["booking"]["reference"] in first["reply"]


def test_bookings_never_reach_the_clinics_own_diary(
    asked: list[tuple[bytes, Line]], built: BuiltHome, tmp_path: Path
) -> None:
    untouched = tmp_path / "untouched.db"
    upgrade(f"sqlite:///{untouched}")
    assert (built.home / "clinic.db").read_bytes() == untouched.read_bytes()
    assert not (built.home / "conversations.db").exists()


def test_what_the_website_refuses_is_refused_in_its_words(asked: list[tuple[bytes, Line]]) -> None:
    (empty,) = of(asked, '{"text": ""}')
    (long,) = of(asked, '{"text": "xxx')
    assert (empty["kind"], empty["reply"]) == ("refused", "Please type a message.")
    assert (long["kind"], "1,000 characters" in long["reply"]) == ("refused", True)


def test_what_is_typed_is_never_a_command(asked: list[tuple[bytes, Line]]) -> None:
    for answer in of(asked, '{"text": "/'):
        assert answer["intent"] not in ("restart", "session_start")


def test_a_bad_line_gives_an_error_and_the_stream_goes_on(asked: list[tuple[bytes, Line]]) -> None:
    errors = [answer for _, answer in asked if "error" in answer]
    assert len(errors) == 11
    assert all('{"text": "..."}' in answer["error"] for answer in errors)
    assert "error" not in asked[-1][1]


def test_one_question_is_answered_in_words(built: BuiltHome) -> None:
    done = built.run("ask", "does it hurt?")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("It can hurt a little")
    assert "Sources: " in done.stdout


def test_a_chat_presses_buttons_by_number_and_ends_with_its_input(built: BuiltHome) -> None:
    done = built.run("chat", stdin=b"does it hurt?\n1\n/restart\n")
    assert done.returncode == 0, done.stderr
    assert "It can hurt a little" in done.stdout
    assert done.stdout.count("you>") == 4
