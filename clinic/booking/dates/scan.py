"""Cut a text into pieces of time: word by word, the first rule that matches."""

from __future__ import annotations

import re

from clinic.booking.dates.clocks import CLOCK_RULES
from clinic.booking.dates.days import DAY_RULES, nth_of_month, span
from clinic.booking.dates.links import LINK_RULES
from clinic.booking.dates.pieces import Clock, Link, Moment, Piece, Weekday
from clinic.booking.dates.rules import Reference
from clinic.booking.dates.words import FOLLOW

_RULES = (*DAY_RULES, *CLOCK_RULES, *LINK_RULES)
_BARE_NUMBER = re.compile(
    rf"\d{{1,2}}(?![\d:./]|\s?(?:am|pm|ish)|\s*(?:-|–|to|till?|until)\s*\d){FOLLOW}"
)


_STOPS = ",;.!?()"
_WORD = re.compile(r"[^\s,;()?!.]+")


def scan(text: str, ref: Reference) -> list[Piece]:
    """Cut a normalised text into pieces; a word that says nothing about time is Link.OTHER."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        at, found = _next(text, at, ref, pieces)
        pieces.extend(found)
    return pieces


def _next(text: str, at: int, ref: Reference, before: list[Piece]) -> tuple[int, list[Piece]]:
    number = _BARE_NUMBER.match(text, at)
    if number and (pieces := _bare_number(int(number[0]), before, ref)):
        return number.end(), pieces
    for pattern, builder in _RULES:
        found = pattern.match(text, at)
        if found and (pieces := builder(found, ref)):
            return found.end(), pieces
    if text[at] in _STOPS:
        return at + 1, [Link.STOP]
    word = _WORD.match(text, at)
    return (word.end() if word else at + 1), [Link.OTHER]


def _bare_number(value: int, before: list[Piece], ref: Reference) -> list[Piece] | None:
    """Read the 24 of "tues 24" (a date), the 3 of "tues 3", the 11 of "at 10 or 11" (clocks)."""
    clock = Clock(value) if 1 <= value <= 12 else None
    match before:
        case [*_, Weekday(recurring=False) as weekday]:
            date = nth_of_month(ref.today, value) if 1 <= value <= 31 else None
            if date and (clock is None or date.weekday() in weekday.numbers):
                return span(date, today=ref.today)
            return [Moment(clock)] if clock else None
        case [*_, Moment() as moment, Link.OR]:
            return [Moment(clock, moment.shape)] if clock else None
    return None
