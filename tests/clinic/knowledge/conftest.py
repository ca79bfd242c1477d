"""What the knowledge tests share: a small clinic for each test, the shipped one once."""

import shutil

import pytest
from small_clinic import SHIPPED, TODAY, CountingEncoder, make_clinic

from clinic.encoder import Encoder
from clinic.knowledge.library import Library
from clinic.knowledge.search import Searcher
from clinic.settings import Settings


@pytest.fixture
def knowledge(tmp_path):
    return make_clinic(tmp_path / "knowledge")


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "published")


@pytest.fixture
def counting():
    return CountingEncoder()


@pytest.fixture(scope="session")
def searcher(tmp_path_factory):
    """A searcher over all that ships, by the real encoder. What the live publication holds already
    is not encoded again.
    """
    settings, shelf = Settings.from_environment(), tmp_path_factory.mktemp("shipped")
    live = Library(settings.published).live_sha()
    if live is not None:
        (shelf / "blobs").mkdir()
        shutil.copy(settings.published / "blobs" / f"{live}.db", shelf / "blobs")
        shutil.copy(settings.published / "current", shelf)
    # Staff may be at work in the folder meanwhile.
    knowledge = shutil.copytree(SHIPPED, tmp_path_factory.mktemp("staff") / "knowledge")
    encoder, library = Encoder(settings.encoder), Library(shelf)
    library.publish(knowledge, encoder, TODAY)
    return Searcher(library.live(), encoder)
