"""Keeps what visitors write out of the server's log."""

from __future__ import annotations

import logging

# Where Rasa logs an exception whose text holds a conversation: an action server's error reply
# repeats the whole tracker, and a database error lists the row it could not write.
_TALKATIVE = (
    "rasa.core.processor",
    "rasa.core.tracker_store",
    "rasa.core.actions.action",
    "rasa.core.agent",
    "asyncio",
    "sanic.error",
)


class Discreet(logging.Filter):
    """Reduces a record to its first line, and an exception to the types in its chain."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; never drop it."""
        lines = record.getMessage().splitlines() or [""]
        record.msg, record.args = lines[0], None
        if record.exc_info:
            chain = " from ".join(_types(record.exc_info[1]))
            record.msg = f"{record.msg} ({chain})"
            record.exc_info = record.exc_text = None
        return True


def keep_discreet() -> None:
    """Make the loggers that may quote a visitor discreet; calling it twice does no harm."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if not any(isinstance(present, Discreet) for present in logger.filters):
            logger.addFilter(Discreet())


def _types(error: BaseException | None) -> list[str]:
    names = []
    while error is not None:
        names.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return names
