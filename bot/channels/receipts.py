"""First answers by message id, so that a message sent twice is answered once, restarts included."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

KEPT_SECONDS = 24 * 60 * 60
BUSY_SECONDS = 2

Messages = list[dict[str, Any]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipts (
    conversation TEXT NOT NULL,
    message TEXT NOT NULL,
    answer TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (conversation, message)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipts_at ON receipts (at);
"""


class Receipts:
    """Answers given in the last day, in a SQLite file; every method may raise sqlite3.Error.

    Each call opens the file anew (a fraction of a millisecond), so that server processes can
    fork and share it.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def find(self, conversation: str, message: str) -> Messages | None:
        """Return the answer once given to this message id, or None."""
        with self._open() as database:
            row = database.execute(
                "SELECT answer FROM receipts WHERE conversation = ? AND message = ? AND at > ?",
                (conversation, message, self._clock() - KEPT_SECONDS),
            ).fetchone()
        if row is None:
            return None
        answer: Messages = json.loads(row[0])
        return answer

    def keep(self, conversation: str, message: str, answer: Messages) -> None:
        """Keep an answer, unless one is kept already, and drop those older than a day."""
        now = self._clock()
        with self._open() as database:
            database.execute("DELETE FROM receipts WHERE at <= ?", (now - KEPT_SECONDS,))
            database.execute(
                "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?)",
                (conversation, message, json.dumps(answer), now),
            )

    def forget(self, conversation: str) -> None:
        """Erase every answer given in a conversation."""
        with self._open() as database:
            database.execute("DELETE FROM receipts WHERE conversation = ?", (conversation,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
            with database:
                yield database
