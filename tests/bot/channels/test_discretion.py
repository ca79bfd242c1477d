"""The server's log never quotes a visitor, whatever Rasa logs."""

from __future__ import annotations

import logging

import pytest
from rasa.utils.endpoints import ClientResponseError
from sqlalchemy.exc import OperationalError

from bot.channels.discretion import keep_discreet

WORDS = "I am Ann, call me on 07700 900123"


@pytest.fixture(autouse=True)
def discreet() -> None:
    keep_discreet()
    keep_discreet()


def test_error_reply_of_an_action_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    # As rasa.core.processor does when an action fails: the reply repeats the whole tracker.
    try:
        try:
            raise ClientResponseError(500, "Internal Server Error", f'{{"text": "{WORDS}"}}')
        except ClientResponseError as error:
            raise RuntimeError(f"Failed to execute custom action: {error}") from error
    except RuntimeError:
        logging.getLogger("rasa.core.processor").exception("Encountered an exception.")
    (record,) = caplog.records
    assert (
        record.getMessage() == "Encountered an exception. (RuntimeError from ClientResponseError)"
    )
    assert "Ann" not in caplog.text
    assert "07700" not in caplog.text


def test_row_that_could_not_be_written_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = OperationalError("INSERT INTO events", {"data": WORDS}, Exception("database is locked"))
    logging.getLogger("rasa.core.tracker_store").error(f"Tracker not saved: {error}.")
    assert "database is locked" in caplog.text
    assert "Ann" not in caplog.text
    assert len(caplog.records[0].getMessage().splitlines()) == 1
