"""Turns of a conversation: one at a time, each answered once, none answered by silence."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.channels.channel import UserMessage

from bot.channels.answer import Answer
from bot.channels.receipts import Messages, Receipts

PATIENCE_SECONDS = 20.0

# Gives the whole emergency message for a text that calls for one, else None.
RedFlag = Callable[[str], dict[str, Any] | None]

logger = logging.getLogger(__name__)


class Turns:
    """Runs visitors' messages through the bot; `apology` is said when it has no answer.

    A message that `red_flag` knows is then answered by its emergency text instead.
    """

    def __init__(
        self,
        run: Callable[[UserMessage], Awaitable[Any]],
        receipts: Receipts,
        apology: str,
        patience: float = PATIENCE_SECONDS,
        red_flag: RedFlag = lambda _: None,
    ) -> None:
        self._run = run
        self._receipts = receipts
        self._apology = apology
        self._patience = patience
        self._red_flag = red_flag
        self._running: dict[tuple[str, str], asyncio.Task[Messages]] = {}
        # A lock lives as long as some turn holds it or waits for it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def repeat(self, conversation: str, message: str) -> Messages | None:
        """Return the answer to a message that came before, waiting for it if need be, or None."""
        if task := self._running.get((conversation, message)):
            return await asyncio.shield(task)
        try:
            return self._receipts.find(conversation, message)
        except sqlite3.Error as error:
            logger.error("receipts cannot be read: %s", type(error).__name__)
            return None

    async def answer(self, conversation: str, message: str, text: str) -> Messages:
        """Run a new message; always return at least one message, within `patience` seconds.

        The turn goes on when the visitor's connection drops, so that the same message sent again
        finds its answer.
        """
        key = (conversation, message)
        task = asyncio.create_task(self._turn(conversation, message, text))
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(task)

    async def _turn(self, conversation: str, message: str, text: str) -> Messages:
        answer = Answer()
        fault = None
        try:
            await asyncio.wait_for(
                self._in_order(conversation, message, text, answer), self._patience
            )
        except (Exception, asyncio.CancelledError) as error:
            fault = type(error).__name__
        if not answer.messages:
            # Rasa swallows the exception of an action and then simply says nothing.
            fault = fault or "NoAnswer"
        messages = answer.messages + ([self._fault(fault, text)] if fault else [])
        try:
            self._receipts.keep(conversation, message, messages)
        except sqlite3.Error as error:
            logger.error("receipts cannot be written: %s", type(error).__name__)
        return messages

    async def _in_order(self, conversation: str, message: str, text: str, answer: Answer) -> None:
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        async with lock:
            await self._run(
                UserMessage(
                    text,
                    answer,
                    conversation,
                    input_channel=answer.name(),
                    message_id=message,
                )
            )

    def _fault(self, kind: str, text: str) -> dict[str, Any]:
        fault = secrets.token_hex(4)
        logger.error("chat fault %s: %s", fault, kind)
        # Someone in danger is told where to turn although the rest of the assistant is down.
        try:
            flagged = self._red_flag(text)
        except Exception as error:  # the apology names the emergency number's place instead
            logger.error("red flags cannot be read: %s", type(error).__name__)
            flagged = None
        if flagged is not None:
            return flagged
        return {"text": self._apology, "custom": {"kind": "fault", "id": fault}}
