"""First answers: kept a day, never replaced, shared by processes."""

from __future__ import annotations

from pathlib import Path

from bot.channels.receipts import KEPT_SECONDS, Receipts


def test_first_answer_stands_for_a_day(tmp_path: Path) -> None:
    now = 1_000.0
    receipts = Receipts(tmp_path / "not" / "there" / "channel.db", clock=lambda: now)
    assert receipts.find("a", "1") is None
    receipts.keep("a", "1", [{"text": "first"}])
    receipts.keep("a", "1", [{"text": "second"}])
    assert receipts.find("a", "1") == [{"text": "first"}]
    assert receipts.find("b", "1") is None
    now += KEPT_SECONDS - 1
    assert receipts.find("a", "1") is not None
    now += 1
    assert receipts.find("a", "1") is None


def test_old_answers_leave_the_file(tmp_path: Path) -> None:
    now = 1_000.0
    path = tmp_path / "channel.db"
    receipts = Receipts(path, clock=lambda: now)
    receipts.keep("a", "1", [{"text": "first"}])
    now += KEPT_SECONDS
    receipts.keep("b", "1", [{"text": "later"}])
    now -= KEPT_SECONDS
    assert receipts.find("a", "1") is None


def test_a_conversation_can_be_forgotten(tmp_path: Path) -> None:
    receipts = Receipts(tmp_path / "channel.db")
    receipts.keep("a", "1", [{"text": "x"}])
    receipts.keep("b", "1", [{"text": "y"}])
    receipts.forget("a")
    assert receipts.find("a", "1") is None
    assert receipts.find("b", "1") == [{"text": "y"}]
