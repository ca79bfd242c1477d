"""Rules for clock times and parts of the day."""

from __future__ import annotations

import datetime as dt
import re

from clinic.booking.dates.pieces import Clock, Moment, Part, Piece, Shape
from clinic.booking.dates.rules import Reference, Rules
from clinic.booking.dates.when import Hours
from clinic.booking.dates.words import DAY_WORDS, FOLLOW, MINUTES, NUMBERS, PART, PARTS

CLOCK_RULES = Rules()

_DAY_ENDS = "mon tue tues wed weds thu thur thurs fri sat sun day tomorrow".split()

_HOUR_WORD = "|".join(NUMBERS)
_MERIDIEM = r"a\.?m\b\.?|p\.?m\b\.?"
_CLEAR = (
    rf"(?:[01]?\d|2[0-3])[:.h][0-5]\d\s*(?:{_MERIDIEM})|(?:1[0-2]|0?[1-9])\s*(?:{_MERIDIEM})"
    rf"|(?:[01]?\d|2[0-3])[:h][0-5]\d|(?:{_HOUR_WORD})\s*(?:{_MERIDIEM})"
    r"|(?:1[0-2]|[1-9]) ?o'?\s?clock|noon|12 noon|mid ?day"
    rf"|(?:{_HOUR_WORD}) o'?\s?clock"
    r"|(?:[01]\d|2[0-3]):?[0-5]\d ?(?:hrs|hours|h)|(?:[01]?\d|2[0-3]) ?(?:hrs|h)"
    rf"|half (?:past )?(?:1[0-2]|[1-9]|{_HOUR_WORD})"
    rf"|(?:a )?(?:quarter|five|ten|twenty(?:[ -]five)?|5|10|20|25)(?: minutes)? (?:past|to)"
    rf" (?:1[0-2]|[1-9]|{_HOUR_WORD})(?:\s*(?:{_MERIDIEM}))?"
    rf"|(?:{_HOUR_WORD}) (?:thirty|fifteen|forty[ -]five|twenty(?:[ -]five)?|ten|forty|fifty)"
)
_LOOSE = (
    rf"(?:[01]?\d|2[0-3])\.[0-5]\d|(?!20\d\d)(?:[01]\d|2[0-3])[0-5]\d|[89][0-5]\d"
    rf"|1[0-2]|[1-9]|{_HOUR_WORD}"
)


def read_clock(text: str) -> Clock | None:
    """Read one clock time written in any of the ways above."""
    text = text.strip().rstrip(".")
    if re.fullmatch(r"12 noon|noon|mid ?day", text):
        return Clock(12, sure=True)
    meridiem = re.search(r"([ap])\.?m\.?$", text)
    text = re.sub(rf"\s*(?:{_MERIDIEM}|o'?\s?clock|hrs|hours|h)$", "", text)
    hour: int
    if relative := re.fullmatch(r"(?:a )?([\w -]+?)(?: minutes)? (past|to) (\w+)", text):
        word, side, name = relative.groups()
        hour = NUMBERS.get(name) or int(name)
        off = {"half": 30, "quarter": 15}.get(word) or MINUTES.get(word) or int(word)
        if side == "to":
            hour, off = (hour - 2) % 12 + 1, 60 - off
        minute = off
    elif text.startswith("half "):
        hour, minute = NUMBERS.get(text[5:]) or int(text[5:]), 30
    elif digits := re.fullmatch(r"(\d{1,2})[:.h]?(\d\d)?|(\d)(\d\d)", text):
        hour, minute = int(digits[1] or digits[3]), int(digits[2] or digits[4] or 0)
    else:
        name, _, rest = text.partition(" ")
        hour, minute = NUMBERS.get(name, 99), MINUTES.get(rest, 0)
    if hour > 23 or minute > 59:
        return None
    if meridiem and 1 <= hour <= 12:
        return Clock(hour % 12 + (12 if meridiem[1] == "p" else 0), minute, sure=True)
    # 09:30 and 0930 are as surely in the morning as 15:00 is not.
    return Clock(hour, minute, sure=hour > 12 or hour == 0 or text.startswith("0"))


@CLOCK_RULES.add(
    rf"(?P<prefix>between |from |any ?time between )?(?P<first>{_CLEAR}|{_LOOSE})"
    rf"\s*(?P<join>to|-|–|—|till?|until|and)\s*(?P<second>{_CLEAR}|{_LOOSE}){FOLLOW}"
)
def _stretch(found: re.Match[str], _ref: Reference) -> list[Piece] | None:
    if not found["prefix"] and found["first"] in MINUTES and found["join"] == "to":
        return None  # ten to three
    first, second = read_clock(found["first"]), read_clock(found["second"])
    if first is None or second is None or (found["join"] == "and" and not found["prefix"]):
        return None
    end = second.resolve()
    start = first.before(end) if second.sure else first.resolve()
    if start >= end and not second.sure:
        end = dt.time((end.hour + 12) % 24, end.minute)
    return [Part(Hours(start, end))] if start < end else None


_SHAPES = {
    "after": Shape.SINCE, "past": Shape.SINCE, "from": Shape.SINCE, "later than": Shape.SINCE,
    "how about": Shape.AT, "what about": Shape.AT, "make it": Shape.AT,
    "since": Shape.SINCE, "no earlier than": Shape.SINCE, "not before": Shape.SINCE,
    "not earlier than": Shape.SINCE, "before": Shape.UNTIL, "by": Shape.UNTIL,
    "until": Shape.UNTIL, "till": Shape.UNTIL, "til": Shape.UNTIL, "no later than": Shape.UNTIL,
    "not after": Shape.UNTIL, "not later than": Shape.UNTIL, "earlier than": Shape.UNTIL,
    "around": Shape.ABOUT, "about": Shape.ABOUT, "approx": Shape.ABOUT, "roughly": Shape.ABOUT,
    "circa": Shape.ABOUT, "at around": Shape.ABOUT, "at about": Shape.ABOUT, "at": Shape.AT,
    "for": Shape.AT,
}  # fmt: skip
_SHAPE = "|".join(sorted(_SHAPES, key=len, reverse=True))


@CLOCK_RULES.add(
    rf"(?:(?:any ?time )?(?P<shape>{_SHAPE})\s+|(?P<sign>@)\s*)?"
    rf"(?:(?P<clear>{_CLEAR})|(?P<loose>{_LOOSE})(?=\s?-?ish|\s?onwards))"
    r"(?P<ish>\s?-?ish)?(?P<on>\s?onwards?)?(?:\s?(?:sharp|exactly))?"
)
def _clear_clock(found: re.Match[str], _ref: Reference) -> list[Piece] | None:
    clock = read_clock(found["clear"] or found["loose"])
    shape = _SHAPES.get(found["shape"] or "at", Shape.AT)
    if found["ish"] and shape is Shape.AT:
        shape = Shape.ABOUT
    if found["on"]:
        shape = Shape.SINCE
    return [Moment(clock, shape)] if clock else None


@CLOCK_RULES.add(
    rf"(?:(?:any ?time )?(?P<shape>(?!for)(?:{_SHAPE}))\s+|(?P<sign>@)\s*)"
    rf"(?P<clock>{_LOOSE}){FOLLOW}"
)
def _loose_clock(found: re.Match[str], _ref: Reference) -> list[Piece] | None:
    clock = read_clock(found["clock"])
    return [Moment(clock, _SHAPES[found["shape"] or "at"])] if clock else None


@CLOCK_RULES.add(
    rf"(?:work (?:till?|until|to)|(?:finish(?:ed)?(?: work)?|(?:am |get )?off work|done)"
    rf"(?: at| by)?) (?:(?P<clear>{_CLEAR})|(?P<loose>{_LOOSE}){FOLLOW})"
)
def _after_work(found: re.Match[str], _ref: Reference) -> list[Piece] | None:
    clock = read_clock(found["clear"] or found["loose"])
    return [Moment(clock, Shape.SINCE)] if clock else None


@CLOCK_RULES.add(
    rf"(?P<clock>1[0-2]|[1-9]|{_HOUR_WORD})(?=,? (?:today|tomorrow|tonight|this (?:{PART})"
    rf"|in the (?:{PART})|(?:on |next |this )?"
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|weds?|thurs?|fri)\b))"
)
def _clock_before_day(found: re.Match[str], _ref: Reference) -> list[Piece] | None:
    clock = read_clock(found["clock"])
    return [Moment(clock)] if clock else None


@CLOCK_RULES.add(rf"(?:in the |in |at |during the |over |the )?({PART})(?! sickness)")
def _part(found: re.Match[str], _ref: Reference) -> list[Piece]:
    return [Part(PARTS[found[1]])]


@CLOCK_RULES.add(rf"(early|late)(?=,? (?:on )?(?:{DAY_WORDS}|tomorrow)\b)")
def _side_of_day(found: re.Match[str], _ref: Reference) -> list[Piece]:
    return [Part(Hours(until=dt.time(10)) if found[1] == "early" else Hours(dt.time(15, 30)))]


# "I am" is no morning; "friday am" is.
@CLOCK_RULES.add(
    rf"(?:{'|'.join(f'(?<={word}{end})' for word in _DAY_ENDS for end in (' ', '[.] '))})"
    r"(?P<half>a|p)\.?m\b\.?"
)
def _half_day(found: re.Match[str], _ref: Reference) -> list[Piece]:
    return [Part(Hours(until=dt.time(12)) if found["half"] == "a" else Hours(since=dt.time(12)))]
