"""Conversations as data: what visitors say or press, and what must come back.

A file in tests/conversations/ is a list of conversations, each a `name` and its `turns`. A turn
has `say: <text>` or `press: <title of a button of the last message>` (`press: first` is the first
time offered), perhaps `visitor: <who>` when two people write, and any of the expectations below.

In a text, {reference} is the last reference given out; {weekday} and {later_weekday} are two
coming days with a free consultation at 11:00; {night} is 03:00 on the first of them, as a payload
writes it, and {eleven} its 11:00.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot import payloads
from clinic.booking.hours import is_bookable
from clinic.profile import Profile
from stipple.conversation import Assistant, Turn

FOLDER = Path(__file__).parent / "conversations"
NOBODY_ELSE = "visitor"


class ScriptError(ValueError):
    """A conversation that cannot be read; the message names it and the key."""


def _asked(turn: Turn) -> str | None:
    asked: str | None = turn.messages[-1].get("custom", {}).get("asks") if turn.messages else None
    return asked


def _booking(turn: Turn) -> str | None:
    booking = turn.custom.get("booking")
    return booking["status"] if booking else None


def _titles(turn: Turn) -> list[str]:
    return [button["title"] for button in _buttons(turn)]


def _buttons(turn: Turn) -> list[dict[str, str]]:
    return [button for message in turn.messages for button in message.get("buttons", [])]


def _reply_has(turn: Turn, part: str) -> bool:
    return part.casefold() in turn.reply.casefold()


# Expectation -> whether a turn meets it. `none` stands for "there is none".
_CHECKS: dict[str, Callable[[Turn, Any], bool]] = {
    "kind": lambda turn, kind: turn.as_dict()["kind"] == kind,
    "intent": lambda turn, intent: turn.intent == intent,
    "articles": lambda turn, ids: turn.as_dict()["articles"] == ids,
    "topics_include": lambda turn, topics: set(topics) <= set(turn.as_dict()["topics"]),
    "options_include": lambda turn, ids: set(ids) <= set(turn.as_dict()["options"]),
    "level": lambda turn, level: (turn.as_dict()["level"] or "none") == level,
    "reply_includes": lambda turn, parts: all(_reply_has(turn, part) for part in parts),
    "reply_excludes": lambda turn, parts: not any(_reply_has(turn, part) for part in parts),
    "booking": lambda turn, status: (_booking(turn) or "none") == status,
    "buttons_include": lambda turn, titles: set(titles) <= set(_titles(turn)),
    "asks": lambda turn, what: (_asked(turn) or "none") == what,
}


@dataclass(frozen=True)
class Step:
    """One message of one visitor, and what its answer must be."""

    visitor: str
    say: str | None
    press: str | None
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class Script:
    """One conversation from beginning to end."""

    name: str
    steps: tuple[Step, ...]


def read_scripts(folder: Path = FOLDER) -> Iterator[tuple[str, Script]]:
    """Yield each conversation with the stem of its file; ScriptError on an unknown key."""
    for path in sorted(folder.glob("*.yml")):
        for entry in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
            yield path.stem, read_script(entry)


def read_script(entry: Mapping[str, Any]) -> Script:
    """Read one conversation; ScriptError when a key is unknown or a turn says nothing."""
    if set(entry) != {"name", "turns"}:
        raise ScriptError(f"{entry.get('name')}: a conversation has a name and turns, no more")
    return Script(entry["name"], tuple(_step(entry["name"], turn) for turn in entry["turns"]))


def _step(name: str, turn: Mapping[str, Any]) -> Step:
    expected = {key: turn[key] for key in turn if key not in ("say", "press", "visitor")}
    if unknown := sorted(set(expected) - set(_CHECKS)):
        raise ScriptError(f"{name}: unknown keys {', '.join(unknown)}")
    if ("say" in turn) == ("press" in turn):
        raise ScriptError(f"{name}: a turn either says or presses something")
    return Step(turn.get("visitor", NOBODY_ELSE), turn.get("say"), turn.get("press"), expected)


async def play(script: Script, assistant: Assistant, profile: Profile) -> list[str]:
    """Hold the conversation and return its transcript; AssertionError where an answer differs."""
    names = _days(profile)
    last: dict[str, Turn] = {}
    transcript: list[str] = []
    for step in script.steps:
        text = _filled(step.say, names) if step.say is not None else _payload(step, last)
        # One process serves all conversations: the test's name keeps them apart.
        turn = await assistant.say(text, f"{script.name}/{step.visitor}")
        last[step.visitor] = turn
        # Whatever is said, its buttons must be ones that a channel lets through.
        assert all(payloads.parse(button["payload"]) for button in _buttons(turn)), turn
        if turn.custom.get("booking"):
            names["reference"] = turn.custom["booking"]["reference"]
        transcript += [f"{step.visitor}: {text}", f"    {turn.as_dict()} {_titles(turn)}"]
        for key, value in step.expected.items():
            assert _CHECKS[key](turn, _filled(value, names)), "\n".join(
                [f"expected {key}: {value!r}", f"asked: {_asked(turn)}", *transcript]
            )
    return transcript


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(part, names) for part in value]
    for name, meant in names.items():
        value = value.replace(f"{{{name}}}", meant)
    return value


def _payload(step: Step, last: Mapping[str, Turn]) -> str:
    offered = _buttons(last[step.visitor])
    for button in offered:
        time = button["payload"].startswith("/choose_slot")
        if button["title"] == step.press or (step.press == "first" and time):
            return button["payload"]
    titles = ", ".join(button["title"] for button in offered)
    raise AssertionError(f"no button {step.press!r} to press; there were: {titles}")


def _days(profile: Profile) -> dict[str, str]:
    now = dt.datetime.now(dt.timezone.utc)
    today = now.astimezone(profile.zone).date()
    # Within six days, so that a weekday's name means one date only.
    coming = [today + dt.timedelta(days=ahead) for ahead in range(2, 7)]
    eleven = [_at(profile, day, 11) for day in coming]
    first, later, *_ = [start for start in eleven if is_bookable(profile, start, now)]
    return {
        "weekday": f"{first:%A}",
        "later_weekday": f"{later:%A}",
        "eleven": first.isoformat(timespec="minutes"),
        "night": _at(profile, first.date(), 3).isoformat(timespec="minutes"),
    }


def _at(profile: Profile, day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), profile.zone)
