"""What visitors type, cleaned: a law for every text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.intake import MAX_TEXT, Refusal, clean

tricky = st.text(
    st.sampled_from(
        '/ \n\t\r\x00\x0b\x1c\x85\xa0\u2028\u200b\u200f\u202e\u2066\ufeff\uff0f\u0301ae{"'
    )
    | st.characters()
)


@given(tricky)
@example("\x0b/restart")
@example("a\x00\u0301")
def test_cleaned_text_is_never_a_payload_and_shows_what_it_is(text: str) -> None:
    try:
        cleaned = clean(text)
    except Refusal:
        return
    assert 0 < len(cleaned) <= MAX_TEXT
    assert not unicodedata.normalize("NFKC", cleaned).strip().startswith("/")
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("Does it hurt?", "Does it hurt?"),
        ("  two\r\nlines\t here ", "two\nlines  here"),
        ("Zoë 👩🏽‍🦲 ½ שלום", "Zoë 👩🏽‍🦲 ½ שלום"),
        ("9/10 and/or", "9/10 and/or"),
        ("/10 is the date", "10 is the date"),
        ("?", "?"),
    ],
)
def test_ordinary_texts_stay_as_typed(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned
