"""A real Sanic server with the website channel on it; only the bot behind it is a fake."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
# Rasa's own imports warn in dozens of places; what our code does afterwards must not.
with warnings.catch_warnings(record=True):
    from rasa.core.channels.channel import UserMessage
    from rasa.core.tracker_store import InMemoryTrackerStore
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import BotUttered, UserUttered

    from bot.channels.website import Limits, WebsiteChannel

SECRET = "a secret that only these tests know, long enough"
APOLOGY = "Sorry. Please ring Test Clinic on 020 7946 0000."
OPEN = Limits(*(1_000_000,) * 6)


@dataclass
class FakeBot:
    """Stands where Rasa's agent stands; `behave` answers, waits or fails."""

    behave: Callable[[UserMessage], Awaitable[None]]
    heard: list[str] = field(default_factory=list)
    tracker_store: InMemoryTrackerStore = field(
        default_factory=lambda: InMemoryTrackerStore(Domain.empty())
    )

    async def handle_message(self, message: UserMessage) -> None:
        self.heard.append(message.text)
        await self.behave(message)
        tracker = await self.tracker_store.get_or_create_tracker(message.sender_id)
        tracker.update(UserUttered(message.text))
        for sent in message.output_channel.messages:
            data = {name: part for name, part in sent.items() if name != "text"}
            tracker.update(BotUttered(sent.get("text"), data))
        await self.tracker_store.save(tracker)


async def echo(message: UserMessage) -> None:
    await message.output_channel.send_response(
        message.sender_id, {"text": f"You said {message.text}"}
    )


@dataclass
class Site:
    """A running server as its visitors see it."""

    url: str
    client: aiohttp.ClientSession
    bot: FakeBot
    channel: WebsiteChannel

    async def request(self, method: str, path: str, **options: Any) -> SimpleNamespace:
        async with self.client.request(method, self.url + path, **options) as response:
            body = await response.read()
            is_json = response.content_type == "application/json"
            return SimpleNamespace(
                status=response.status,
                headers=response.headers,
                body=body,
                json=json.loads(body) if is_json and body else None,
            )

    async def post(self, path: str, data: object, **options: Any) -> SimpleNamespace:
        return await self.request("POST", path, json=data, **options)

    async def session(self) -> str:
        token = (await self.post("/session", {})).json["session"]
        assert isinstance(token, str)
        return token

    async def say(self, session: str, text: str, id_: str = "message-1") -> SimpleNamespace:
        return await self.post("/messages", {"session": session, "id": id_, "text": text})

    async def press(self, session: str, payload: str, id_: str = "message-1") -> SimpleNamespace:
        return await self.post("/messages", {"session": session, "id": id_, "payload": payload})


Open = Callable[..., Awaitable[Site]]
