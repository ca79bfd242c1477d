"""Reading time words: a bank of phrases, typed results, and matching with free times."""

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from clinic.booking.dates import Days, Hours, When, describe, matching, read_when, spoken

LONDON = ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 3, 5, 10, 15, tzinfo=LONDON)
BANK = YAML(typ="safe", pure=True).load(
    (Path(__file__).parent / "data" / "time_phrases.yml").read_text(encoding="utf-8")
)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read(text, **options):
    return read_when(text, NOW, LONDON, **options)


def expected(notation):
    """Turn the bank's notation into a When."""
    if notation == "none":
        return None
    first, *others = [one_reading(part) for part in notation.split("|")]
    return When(**first, alternatives=tuple(When(**other) for other in others))


def one_reading(notation):
    fields = {}
    for word in notation.split():
        no, word = ("not_", word[1:]) if word.startswith("!") else ("", word)
        if word == "soon":
            fields["soonest"] = True
        elif word == "any":
            pass
        elif word[:3] in NAMES:
            fields[f"{no}weekdays"] = frozenset(NAMES.index(name) for name in word.split(","))
        else:
            name, value = ("days", days(word)) if word.startswith("20") else ("hours", hours(word))
            fields[no + name] = (*fields.get(no + name, ()), value)
    return fields


def days(word):
    first, dots, last = word.partition("..")
    if not dots:
        last = first
    return Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last) if last else None)


def hours(word):
    if word[0] in "=~":
        at = dt.time.fromisoformat(word[1:])
        if word[0] == "=":
            return Hours(at, at, at)
        middle = dt.datetime.combine(NOW, at)
        wide = dt.timedelta(minutes=45)
        return Hours((middle - wide).time(), (middle + wide).time(), at)
    since, _, until = word.partition("-")
    return Hours(*(dt.time.fromisoformat(edge) if edge else None for edge in (since, until)))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        pytest.param(str(text), str(meaning), id=f"{group}: {text}")
        for group, phrases in BANK.items()
        for text, meaning in phrases.items()
    ],
)
def test_a_phrase_means_what_the_bank_says(text, meaning):
    assert read(text) == expected(meaning)


def test_month_first_turns_the_readings_round():
    assert [reading.day for reading in read("3/4", day_first=False).readings] == [
        dt.date(2027, 3, 4),
        dt.date(2026, 4, 3),
    ]
    assert read("12/31", day_first=False) == read("31/12")


def test_today_is_the_clinics_today():
    late = dt.datetime(2026, 3, 5, 23, 30, tzinfo=dt.timezone.utc)
    assert read_when("today", late, LONDON).day == dt.date(2026, 3, 5)
    assert read_when("today", late, ZoneInfo("Asia/Dubai")).day == dt.date(2026, 3, 6)


@pytest.mark.parametrize("weekday", range(7))
def test_a_weekday_is_never_today_and_never_a_week_away_twice(weekday):
    for ahead in range(7):
        now = NOW + dt.timedelta(days=ahead)
        day = read_when(NAMES[weekday], now, LONDON).day
        assert day.weekday() == weekday
        assert 1 <= (day - now.date()).days <= 7


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("next tues after 3", "Tuesday 10 March 2026, from 15:00"),
        ("3/4 at 10", "Friday 3 April 2026, at 10:00; or Thursday 4 March 2027, at 10:00"),
        ("not monday", "not a Monday"),
        ("weekday mornings asap", "any weekday, before 12:00, as soon as possible"),
        ("next week around 2", "Monday 9 March 2026 to Sunday 15 March 2026, around 14:00"),
        ("after the 25th between 2 and 4", "from Thursday 26 March 2026, between 14:00 and 16:00"),
        ("any weekend", "a weekend"),
        ("whenever", "any time"),
    ],
)
def test_what_was_understood_can_be_said(text, words):
    assert describe(read(text)) == words


def test_a_start_is_spoken_in_full():
    start = dt.datetime(2026, 11, 24, 10, 30, tzinfo=dt.timezone.utc)
    assert spoken(start, LONDON) == "Tuesday 24 November 2026 at 10:30 (London time)"
    new_york = spoken(start, ZoneInfo("America/New_York"))
    assert new_york == "Tuesday 24 November 2026 at 05:30 (New York time)"


def test_one_date_and_one_clock_time_are_exact():
    assert read("tuesday at 3").exact
    assert not read("tuesday after 3").exact
    assert not read("tuesday 3ish").exact
    assert not read("next friday at 3").exact  # two readings
    assert not read("at 3").exact


# Matching ----------------------------------------------------------------------------------

FREE = [
    dt.datetime(2026, 3, day, hour, minute, tzinfo=LONDON)
    for day in (6, 9, 10, 11, 12, 13)
    for hour in (9, 10, 11, 14, 15, 16)
    for minute in (0, 30)
]


def match(text, limit=6):
    found = matching(FREE, read(text), LONDON, limit)
    return [f"{start:%a %H:%M}".lower() for start in found.starts], found.fits


@pytest.mark.parametrize(
    ("text", "starts", "fits"),
    [
        ("next tues after 3", ["tue 15:00", "tue 15:30", "tue 16:00", "tue 16:30"], True),
        ("wednesday 3ish", ["wed 14:30", "wed 15:00", "wed 15:30"], True),
        ("monday before 10", ["mon 09:00", "mon 09:30"], True),
        ("tuesday at 3", ["tue 15:00"], True),
        # Nothing at noon: the nearest on the same day.
        ("tuesday at 12", ["tue 10:30", "tue 11:00", "tue 11:30"], False),
        # Closed on Saturday: the nearest days, mornings first as asked.
        ("saturday at 9", ["fri 09:00", "fri 09:30", "fri 10:00"], False),
        ("asap", ["fri 09:00", "fri 09:30", "fri 10:00"], True),
        ("not friday", ["mon 09:00", "mon 09:30", "mon 10:00"], True),
    ],
)
def test_free_times_that_fit_else_the_nearest(text, starts, fits):
    assert match(text, limit=len(starts)) == (starts, fits)


def test_what_was_ruled_out_is_never_offered():
    starts, fits = match("saturday but not friday")
    assert not fits
    assert starts
    assert not any(start.startswith("fri") for start in starts)


# Anything at all ---------------------------------------------------------------------------

VOCABULARY = sorted(
    {word for phrases in BANK.values() for text in phrases for word in str(text).split()}
    | set("31/2 0/0 99/99 29/2 30th february 25:99 0am 13pm 00 12am 24:00 9999-12-31".split())
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(VOCABULARY)).map(" ".join)))
@example("9" * 1000)
@example("the " * 250)
@example("a " * 499 + "monday")
def test_reading_never_fails_and_never_looks_back(text):
    when = read(text)
    if when is None:
        return
    assert describe(when)
    for reading in when.readings:
        assert all(span.end >= NOW.date() for span in reading.days)
        matching(FREE, reading, LONDON)


def test_a_long_message_is_read_quickly():
    text = "can I come on tuesday or the 25th after 3 but not monday and between 2 and 4 " * 12
    start = dt.datetime.now()
    read(text)
    assert dt.datetime.now() - start < dt.timedelta(seconds=1)


@given(st.integers(0, 23), st.sampled_from([0, 15, 30, 45]), st.integers(0, 59))
def test_every_date_and_time_written_in_full_is_read_exactly(hour, minute, ahead):
    day = NOW.date() + dt.timedelta(days=ahead)
    clock = dt.time(hour, minute)
    for text in (
        f"{day:%A} {day.day} {day:%B %Y} at {clock:%H:%M}",
        f"{day.isoformat()} {clock:%H:%M}",
        f"{clock:%I:%M %p} on {day:%b} {day.day}",
        f"{day:%d/%m/%Y} {clock:%I.%M%p}",
    ):
        # A day and month that could be turned round are two readings; the first is the written.
        first = read(re.sub(r"\s+", " ", text)).readings[0]
        assert (first.day, first.clock) == (day, clock)
