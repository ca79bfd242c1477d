"""The whole assistant in one process: real model, rules and actions, no ports, its own diary."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinic.database import upgrade
from clinic.settings import Settings
from stipple.environment import hasten_rasa, prepare
from stipple.stages import MODEL, quiet


class NotReadyError(RuntimeError):
    """Something that a conversation needs has not been made yet; the message says what to run."""


@dataclass(frozen=True)
class Turn:
    """One message and what came of it. `kind` and the lists come from the last telling message."""

    text: str
    intent: str
    confidence: float
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def reply(self) -> str:
        """Everything that was said, as one text."""
        return "\n\n".join(message["text"] for message in self.messages if message.get("text"))

    @property
    def custom(self) -> dict[str, Any]:
        """The machine-readable part: the most telling kind, and the fields of all messages."""
        parts = [message.get("custom") or {} for message in self.messages]
        merged = {key: value for part in parts for key, value in part.items()}
        kinds = [str(part["kind"]) for part in parts if "kind" in part]
        merged["kind"] = min(kinds, key=_rank, default="silence")
        return merged

    def as_dict(self) -> dict[str, Any]:
        """The line that `stipple ask --jsonl` writes (docs/architecture.md)."""
        data = self.custom
        return {
            "text": self.text,
            "intent": self.intent,
            "kind": data["kind"],
            "articles": data.get("articles", []),
            "topics": data.get("topics", []),
            "options": data.get("options", []),
            "option_topics": data.get("option_topics", []),
            "level": data.get("level"),
            "confidence": data.get("confidence", round(self.confidence, 3)),
            "booking": data.get("booking"),
            "reply": self.reply,
        }


# Which kind names a turn that sent several messages: an answer in the middle of a booking is an
# answer, although the form then asks again.
_TELLING = ("fault", "urgent", "answer", "both", "details", "clarify", "not_covered", "handoff",
            "privacy", "booking", "advice", "smalltalk", "reminder")  # fmt: skip


def _rank(kind: str) -> int:
    return _TELLING.index(kind) if kind in _TELLING else len(_TELLING)


class Assistant:
    """The trained assistant, with bookings in a throw-away diary. Close it after use."""

    def __init__(self, settings: Settings) -> None:
        model = settings.models / MODEL
        if not model.exists():
            raise NotReadyError("The assistant is not built yet; run `make setup`.")
        self._folder = tempfile.TemporaryDirectory(prefix="stipple-")
        self._diary: Path | None = None
        self._clinics_own = settings.database_url
        prepare(settings)
        self.empty_diary()
        with quiet():
            hasten_rasa()
            from rasa.core.agent import Agent
            from rasa.utils.endpoints import EndpointConfig
            from rasa_sdk.executor import ActionExecutor

            executor = ActionExecutor()
            executor.register_package("bot.actions")

            class InProcess(EndpointConfig):  # type: ignore[misc]
                """Runs an action here instead of posting it to an action server."""

                async def request(self, *_: Any, json: Mapping[str, Any], **__: Any) -> Any:
                    return await executor.run(dict(json))

            self._agent = Agent.load(str(model), action_endpoint=InProcess())

    async def say(self, text: str, conversation: str) -> Turn:
        """Send one message (or button payload) of a conversation and collect the answer.

        It is checked and cleaned as the website's channel does it; what the channel would refuse
        comes back as a turn of the kind `refused`.
        """
        from bot import payloads
        from bot.channels.intake import Refusal, clean

        try:
            said = str(payloads.parse(text) or clean(text))
        except Refusal as refusal:
            words = {"text": refusal.message, "custom": {"kind": "refused"}}
            return Turn(text=text, intent="", confidence=0.0, messages=[words])
        from rasa.core.channels.channel import UserMessage
        from rasa.shared.core.events import UserUttered

        from bot.channels.answer import Answer

        answer = Answer()
        await self._agent.handle_message(UserMessage(said, answer, conversation))
        tracker = await self._agent.tracker_store.retrieve(conversation)
        # The tracker's own `latest_message` stays behind while a form is active.
        message = next(e for e in reversed(tracker.events) if isinstance(e, UserUttered))
        return Turn(
            text=text,
            intent=str(message.intent.get("name") or ""),
            confidence=float(message.intent.get("confidence") or 0.0),
            messages=answer.messages,
        )

    async def converse(self, turns: list[str]) -> list[Turn]:
        """Hold one fresh conversation; return every turn."""
        conversation = uuid.uuid4().hex
        return [await self.say(text, conversation) for text in turns]

    def empty_diary(self) -> None:
        """Begin with an empty diary, so that no conversation finds the bookings of another."""
        empty = Path(self._folder.name) / "empty.db"
        if not empty.exists():
            upgrade(f"sqlite:///{empty}")
        if self._diary is not None:
            self._diary.unlink()
        # Under a new name: what is left of the old one's journal must not be read into this one.
        self._diary = empty.with_name(f"{uuid.uuid4().hex}.db")
        shutil.copyfile(empty, self._diary)
        _use_diary(f"sqlite:///{self._diary}")

    def close(self) -> None:
        """Throw the diary away."""
        self._folder.cleanup()
        _use_diary(self._clinics_own)


def _use_diary(url: str) -> None:
    from bot import resources

    os.environ["STIPPLE_DATABASE_URL"] = url
    resources.reopen_diary()


async def ask_line(assistant: Assistant, line: bytes) -> dict[str, Any]:
    """Answer one JSON line: `{"text": ...}` or `{"turns": [...]}`, with an empty diary.

    A line that cannot be read or answered gives `{"error": ...}`, so that the others still are.
    """
    try:
        request = json.loads(line)
        turns = request["turns"] if "turns" in request else [request["text"]]
        if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        return {"error": 'each line should be {"text": "..."} or {"turns": ["...", "..."]}'}
    try:
        assistant.empty_diary()
        spoken = await assistant.converse(turns)
    except Exception as error:
        return {"error": f"the assistant could not answer this line ({type(error).__name__})"}
    result = spoken[-1].as_dict()
    if "turns" in request:
        result["trail"] = [turn.as_dict() for turn in spoken]
    return result
