"""A conversation so far, from the events that Rasa keeps, for a page that was loaded again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.channels.answer import shape

MAX_ENTRIES = 60


def read_history(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the last entries, oldest first: `{"from": "visitor" | "assistant", ...message}`.

    A pressed button is shown by its title, found on the latest message that offered it; a press
    whose button is nowhere to be seen is left out.
    """
    entries: list[dict[str, Any]] = []
    titles: dict[str, str] = {}
    for event in events:
        if event["event"] == "restart":
            entries.clear()
        elif event["event"] == "user":
            text = event.get("text") or ""
            said = titles.get(text) if text.startswith("/") else text
            if said:
                entries.append({"from": "visitor", "text": said})
        elif event["event"] == "bot":
            message = shape({"text": event.get("text")} | (event.get("data") or {}))
            titles |= {button["payload"]: button["title"] for button in message.get("buttons", [])}
            if message:
                entries.append({"from": "assistant"} | message)
    return entries[-MAX_ENTRIES:]
