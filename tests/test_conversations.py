"""Whole conversations through the real model, rules, actions and diary."""

from __future__ import annotations

import pytest
from conversation_script import Script, ScriptError, play, read_script, read_scripts

from bot import resources
from stipple.conversation import Assistant

SCRIPTS = list(read_scripts())


@pytest.mark.parametrize(
    "script", [pytest.param(script, id=f"{file}: {script.name}") for file, script in SCRIPTS]
)
async def test_conversation(script: Script, assistant: Assistant) -> None:
    assistant.empty_diary()
    await play(script, assistant, resources.profile())


def test_no_two_conversations_share_a_name() -> None:
    names = [script.name for _, script in SCRIPTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("kind", "urgent"),
        ("intent", "book"),
        ("articles", ["cost"]),
        ("topics_include", ["cost_and_payment"]),
        ("options_include", ["cost"]),
        ("level", "emergency"),
        ("reply_includes", ["Call 999 now"]),
        ("reply_excludes", ["needles"]),
        ("booking", "confirmed"),
        ("buttons_include", ["Stop booking"]),
        ("asks", "time"),
    ],
)
async def test_each_expectation_can_fail(key: str, wrong: object, assistant: Assistant) -> None:
    turn = {"say": "does it hurt?", "articles": ["pain-numbing"], key: wrong}
    script = read_script({"name": f"seeded {key}", "turns": [turn]})
    with pytest.raises(AssertionError, match=key):
        await play(script, assistant, resources.profile())


@pytest.mark.parametrize(
    "turn",
    [{"say": "hello", "knid": "smalltalk"}, {"kind": "smalltalk"}, {"say": "a", "press": "b"}],
)
def test_a_turn_that_is_misspelled_or_says_nothing_is_refused(turn: dict[str, str]) -> None:
    with pytest.raises(ScriptError):
        read_script({"name": "seeded", "turns": [turn]})
