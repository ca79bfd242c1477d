"""Names, e-mail addresses and phone numbers in free text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinic.booking.contact import Contact, Kind, Suggestion, read_contact, read_name


def email(value):
    return Contact(Kind.EMAIL, value)


def phone(value):
    return Contact(Kind.PHONE, value)


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("dave@gmail.com", email("dave@gmail.com")),
        ("It's Dave.Smith@GMAIL.com!", email("Dave.Smith@gmail.com")),
        ("<dave@clinic.co.uk>, thanks", email("dave@clinic.co.uk")),
        ("mailto:dave@outlook.com.au", email("dave@outlook.com.au")),
        ("dave at gmail dot com", email("dave@gmail.com")),
        ("my email is dave dot smith at hotmail dot co dot uk", email("dave.smith@hotmail.co.uk")),
        ("dave underscore s at gmail.com", email("dave_s@gmail.com")),
        ("dave @ gmail.com", email("dave@gmail.com")),
        ("both: dave@email.com or 07700 900123", email("dave@email.com")),
        ("call me on 07700 900123", phone("+447700900123")),
        ("(020) 7946-0958", phone("+442079460958")),
        ("+44 (0)7700 900 123 after 5", phone("+447700900123")),
        ("0044 7700 900123", phone("+447700900123")),
        ("+1 415 555 2671", phone("+14155552671")),
    ],
)
def test_a_contact_in_free_text(text, contact):
    assert read_contact(text, "GB") == contact


@pytest.mark.parametrize(
    ("region", "text", "value"),
    [
        ("US", "415-555-2671", "+14155552671"),
        ("AU", "0412 345 678", "+61412345678"),
        ("IE", "085 123 4567", "+353851234567"),
    ],
)
def test_a_bare_number_belongs_to_the_clinics_region(region, text, value):
    assert read_contact(text, region) == phone(value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("dave@gmial.com", "dave@gmail.com"),
        ("dave@gmail.con", "dave@gmail.com"),
        ("dave@gmail.co.uk", "dave@gmail.com"),
        ("dave@hotmial.co.uk", "dave@hotmail.co.uk"),
        ("dave@outlok.com", "dave@outlook.com"),
        ("dave at yaho dot com", "dave@yahoo.com"),
        ("dave@mybarber.con", "dave@mybarber.com"),
    ],
)
def test_a_mistyped_domain_is_asked_about(text, meant):
    found = read_contact(text, "GB")
    assert isinstance(found, Suggestion)
    assert found.meant == email(meant)
    assert found.given != found.meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dave@",
        "dave@gmail",
        "@dave",
        "have a look at example.com",
        "I'm at work",
        "3000 follicles",
        "25/11/2026 10:30",
        "2026-11-25 at 10.30",
        "0770 090 012",
        "SMP-7K4Q2M",
        "123456",
    ],
)
def test_no_contact(text):
    assert read_contact(text, "GB") is None


def test_how_a_contact_is_read_back():
    assert phone("+442079460958").display == "+44 20 7946 0958"
    assert email("dave@gmail.com").display == "dave@gmail.com"


@given(st.text(max_size=200), st.sampled_from(["GB", "US", "AU", "ZZ"]))
@example("a@b.c" * 40, "GB")
@example("@" * 200, "GB")
@example("a at b dot " * 20, "GB")
def test_reading_a_contact_never_fails_and_reads_its_own_words(text, region):
    found = read_contact(text, region)
    if isinstance(found, Contact):
        assert read_contact(found.display, region) == found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("im Dave", "Dave"),
        ("my name's dave smith", "Dave"),
        ("My name is Dave, my number is 07700 900123", "Dave"),
        ("it's José", "José"),
        ("this is Mary-Jane", "Mary-Jane"),
        ("Hi I'm Sam and I'd like to book", "Sam"),
        ("name: zoë", "Zoë"),
        ("call me o'brien please", "O'Brien"),
    ],
)
def test_a_name_that_was_introduced(text, name):
    assert read_name(text, bare=False) == name
    assert read_name(text, bare=True) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dave", "Dave"),
        ("dave", "Dave"),
        ("dave smith", "Dave"),
        ("Dave, thanks", "Dave"),
        ("im dave", "Dave"),
        ("Mr Smith", "Smith"),
        ("AJ", "AJ"),
        ("mary-jane", "Mary-Jane"),
        ("d’arcy", "D'Arcy"),
        ("Siobhán", "Siobhán"),
        ("李明", "李明"),
        ("अमित", "अमित"),
    ],
)
def test_a_bare_name_counts_only_when_asked_for(text, name):
    assert read_name(text, bare=True) == name
    assert read_name(text, bare=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "No",
        "ok dave?",
        "what for?",
        "why do you need it",
        "I'd rather not say",
        "I'm losing my hair",
        "I'm worried",
        "it's urgent",
        "this is painful",
        "I'm Italian",
        "call me back",
        "call me tomorrow",
        "tuesday please",
        "dave2",
        "07700 900123",
        "www.dave.com",
        "dave@gmail.com",
        "k",
        "D" * 41,
        "dave can't come on tuesday",
        "don't know",
        "😀",
    ],
)
def test_no_name(text):
    assert read_name(text, bare=True) is None


@given(st.text(max_size=120), st.booleans())
def test_reading_a_name_never_fails_and_gives_one_short_word(text, bare):
    name = read_name(text, bare)
    assert name is None or (
        0 < len(name) <= 40 and not any(c.isspace() or c.isdigit() for c in name)
    )
