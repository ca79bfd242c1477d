"""The words of time, as patterns, and what each of them stands for."""

from __future__ import annotations

import datetime as dt
import re

from clinic.booking.dates.when import Hours

DAY_WORDS = (
    "mondays?|mon|tuesdays?|tues?|wednesdays?|weds?|thursdays?|thurs?|thu|fridays?|fri"
    "|saturdays?|sat|sundays?|sun"
)
DAY_STEMS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
MONTH_STEMS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), start=1
    )
}
ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
        "twentieth".split(),
        start=1,
    )
} | {"twenty-first": 21, "twenty-second": 22, "twenty-third": 23, "thirtieth": 30}
MINUTES = {
    "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "twenty five": 25, "twenty-five": 25,
    "thirty": 30, "forty": 40, "forty five": 45, "forty-five": 45, "fifty": 50,
}  # fmt: skip
PARTS = {
    "first thing": Hours(until=dt.time(10)),
    "early morning": Hours(until=dt.time(10)),
    "mid-morning": Hours(dt.time(10), dt.time(11, 30)),
    "mid morning": Hours(dt.time(10), dt.time(11, 30)),
    "late morning": Hours(dt.time(10, 30), dt.time(12)),
    "mornings": Hours(until=dt.time(12)),
    "morning": Hours(until=dt.time(12)),
    "lunchtime": Hours(dt.time(12), dt.time(14)),
    "lunch time": Hours(dt.time(12), dt.time(14)),
    "lunch hour": Hours(dt.time(12), dt.time(14)),
    "lunch": Hours(dt.time(12), dt.time(14)),
    "early afternoon": Hours(dt.time(12), dt.time(14, 30)),
    "mid-afternoon": Hours(dt.time(14), dt.time(16)),
    "mid afternoon": Hours(dt.time(14), dt.time(16)),
    "late afternoon": Hours(dt.time(15, 30), dt.time(18)),
    "afternoons": Hours(dt.time(12), dt.time(17)),
    "afternoon": Hours(dt.time(12), dt.time(17)),
    "arvo": Hours(dt.time(12), dt.time(17)),
    "early evening": Hours(dt.time(17), dt.time(19)),
    "evenings": Hours(since=dt.time(17)),
    "evening": Hours(since=dt.time(17)),
    "eve": Hours(since=dt.time(17)),
    "night": Hours(since=dt.time(17)),
    "last thing": Hours(since=dt.time(16)),
    "end of the day": Hours(since=dt.time(16)),
    "end of day": Hours(since=dt.time(16)),
    "before work": Hours(until=dt.time(10)),
    "after work": Hours(since=dt.time(17)),
    "after lunch": Hours(since=dt.time(13)),
    "before lunch": Hours(until=dt.time(12)),
    "after school": Hours(since=dt.time(15, 30)),
}
PART = "|".join(PARTS)
# Words that may follow a bare number without making it "3 sessions" or "the 1st time".
FOLLOW = (
    r"(?=\s*(?:$|[.,;!?)\-]|:(?!\d)|(?:on|today|tomorrow|tonight|this|next|or|and|but"
    r"|if|in the|at|of|please"
    r"|pls|plz|thanks|thx|ta|cheers|works?|would|is|suits?|for me|onwards?|till?|until|to|after"
    r"|before|between|around|about|from|not|any|first|last|early|late|mid|looks?|sounds?|ok|okay"
    rf"|free|available|then|maybe|also|nor|{PART}|{DAY_WORDS})\b))"
)
DAY_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])"
ORDINAL = rf"(?:{'|'.join(sorted(ORDINALS, key=len, reverse=True))})"
DATE_NUMBER = rf"(?:{DAY_NUMBER}(?:\s?(?:st|nd|rd|th))?|{ORDINAL})"
YEAR = r"(?:,?\s+(?P<year>20\d\d)|\s+'?(?P<short>2\d)(?=\s*(?:$|[,.;!?]|at)))?"
AMOUNT = r"(?:\d{1,2}|an?|one|two|three|four|five|six|seven|eight|nine|ten|a couple(?: of)?|a few)"


def weekday_of(word: str) -> int:
    """Number a weekday's name or short form; Monday is 0."""
    return DAY_STEMS.index(word[:3])


def month_of(word: str) -> int:
    """Number a month's name or short form; January is 1."""
    return MONTH_STEMS.index(word[:3]) + 1


def day_number_of(word: str) -> int:
    """Read a day of the month: `3`, `3rd`, `third`."""
    return ORDINALS.get(word) or int(re.sub(r"\D", "", word))


def amount_of(word: str) -> int:
    """Read how many: `2`, `two`, `a couple of`."""
    if word.isdigit():
        return int(word)
    if word.startswith("a couple"):
        return 2
    return NUMBERS.get(word, 3 if word == "a few" else 1)


_SPELLINGS = (
    (re.compile(r"[‘’`´]"), "'"),
    (re.compile(r"\b(?:tmrw?|tmo?ro|tomoz?|2mo?r+o?w?|tom+or+ow)\b"), "tomorrow"),
    (re.compile(r"\btom(?= (?:morning|afternoon|evening|at \d|am|pm)\b)"), "tomorrow"),
    (re.compile(r"\b(?:2day)\b"), "today"),
    (re.compile(r"\b(?:2nite|tonite)\b"), "tonight"),
    (re.compile(r"\bnxt\b"), "next"),
    (re.compile(r"\b(?:wk)\b"), "week"),
    (re.compile(r"\b(?:aft|aftn|afternoon's)\b"), "afternoon"),
    (re.compile(r"\b(?:morn|mornin)\b"), "morning"),
    (re.compile(r"\bwednes?day|\bwensday|\bwendsday"), "wednesday"),
    (re.compile(r"\bthursd[ay]{2,3}\b|\bthrusday\b"), "thursday"),
    (re.compile(r"\btu[es]{2,3}day\b"), "tuesday"),
    (re.compile(r"\bb4\b"), "before"),
    (re.compile(r"\s+"), " "),
)  # fmt: skip


def normalise(text: str) -> str:
    """Lower the case and undo what phones and thumbs do to the usual words."""
    text = text.casefold()
    for pattern, word in _SPELLINGS:
        text = pattern.sub(word, text)
    return text.strip()
