"""Slips are corrected; a word that anyone knows never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.knowledge.spelling import Speller

VOCABULARY = {"appointment": 9, "healing": 5, "hurt": 7, "scalp": 20, "scalps": 2, "aspirin": 3,
              "minoxidil": 4, "slip": 1, "tattoo": 6, "it": 50}  # fmt: skip
ENGLISH = {"hurl", "scale", "metformin", "dealing", "prednisone"}


@pytest.fixture
def speller():
    return Speller(VOCABULARY, ENGLISH)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("my apointment", "my appointment"),
        ("appiontment", "appointment"),
        ("heeling", "healing"),
        ("my sclap hrut", "my scalp hurt"),
        ("hurrrrrt", "hurt"),
        ("Tatoo?", "tattoo?"),
    ],
)
def test_slips_are_corrected(speller, typed, meant):
    assert speller.corrected(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "dealing with hurl",  # English, however near to a word of ours
        "metformin and prednisone",
        "minoxidil",
        "slip",
        "hrt",  # too short to tell
        "xyzzyx",
        "x" * 500,
        "",
        "4 6 8?!",
        "нет 😀",
    ],
)
def test_known_words_and_strangers_stand(speller, text):
    assert speller.corrected(text) is None


def test_a_word_that_stands_once_is_no_target(speller):
    assert speller.corrected("slop") is None


@given(st.text())
def test_nothing_fails(text):
    speller = Speller(VOCABULARY, ENGLISH)
    once = speller.corrected(text)
    assert once == speller.corrected(text), "a remembered word reads the same"
    assert once != text


@given(st.lists(st.sampled_from(sorted(ENGLISH | VOCABULARY.keys()))))
def test_known_words_are_never_respelt(words):
    assert Speller(VOCABULARY, ENGLISH).corrected(" ".join(words)) is None
