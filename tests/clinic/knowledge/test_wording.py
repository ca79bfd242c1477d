"""Texts are made comparable without ever failing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.knowledge.wording import neutral, normal, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Does it HURT?", "does it hurt"),
        ("  what's   up… ", "whats up"),
        ("what’s up", "whats up"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("STRASSE straße", "strasse strasse"),
        ("?!", ""),
        ("a_b", "a b"),
    ],
)
def test_normal_folds_what_does_not_matter(text, folded):
    assert normal(text) == folded


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Does SMP hurt?", "does it hurt?"),
        ("does s.m.p. hurt", "does it hurt"),
        ("scalp micropigmentation cost", "it cost"),
        ("is a scalp micro-pigmentation for women", "is a it for women"),
        ("do hair tattoos fade", "do it fade"),
        ("can u do my bf tmrw", "can you do my boyfriend tomorrow"),
        ("Im bald, dont judge", "i'm bald, don't judge"),
        ("what’s that", "what's that"),
        ("a simple sample of smpx", "a simple sample of smpx"),
        ("my tattoo", "my tattoo"),
    ],
)
def test_neutral_replaces_the_trade_name_and_shorthand(text, seen):
    assert neutral(text) == seen


def test_words_are_plain_letters_and_digits():
    assert words('Café "NEAR" it\'s 4-6 wks* 😀 нет') == ["cafe", "near", "its", "4", "6", "wks"]


@given(st.text())
def test_nothing_fails(text):
    assert normal(text) == " ".join(normal(text).split())
    assert neutral(text) == neutral(text).strip()
    assert all(word.isascii() and word.isalnum() for word in words(text))
