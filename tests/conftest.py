"""What whole tests share: the assistant as it was built, one for the session."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

# With tests/ on the path, tests/bot and tests/clinic would pass for the packages they test.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from clinic.settings import Settings
from stipple.conversation import Assistant, NotReadyError


def pytest_configure(config: pytest.Config) -> None:
    # Rasa says so for every word class that the domain does not list; the class is then dropped.
    config.addinivalue_line("filterwarnings", "ignore:Parsed an entity:UserWarning:rasa")


@pytest.fixture(scope="session")
def assistant() -> Iterator[Assistant]:
    """The trained assistant; a missing build is a failure, never a skip."""
    try:
        # Rasa's pinned libraries warn while they are imported; what we do afterwards must not.
        with warnings.catch_warnings(record=True):
            built = Assistant(Settings.from_environment())
    except NotReadyError:
        pytest.fail("run make setup", pytrace=False)
    yield built
    built.close()
