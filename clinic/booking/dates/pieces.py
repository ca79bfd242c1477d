"""The pieces that a phrase about time is made of, and the calendar arithmetic behind them."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import Enum

from clinic.booking.dates.when import Days, Hours

# "3ish" reaches the half-hours on both sides.
ABOUT = 45
DAY = dt.timedelta(days=1)


class Link(Enum):
    """A word that says how its neighbours belong together."""

    OR = "or"
    AND = "and"
    STOP = "stop"  # a comma, "but": ends what "not" reaches
    TO = "to"
    NOT = "not"
    NOT_THAT = "not that"  # "monday doesn't work"
    AFTER = "after"
    FROM = "from"
    BEFORE = "before"
    BY = "by"
    BETWEEN = "between"
    ONWARDS = "onwards"
    SOONEST = "soonest"
    ANY = "any"
    PAST = "past"
    MOVE = "move"  # "from X to Y" names Y alone
    OTHER = "other"


@dataclass(frozen=True)
class Span:
    """Dates, in as many readings as the words allow; the first is the likeliest."""

    readings: tuple[Days, ...]

    @property
    def single(self) -> bool:
        """Whether one day is meant, rather than a week or a month."""
        return self.readings[0].first == self.readings[0].last


@dataclass(frozen=True)
class Weekday:
    """A weekday without a date: the coming one, or any one ("tuesdays", "on a tuesday")."""

    numbers: frozenset[int]
    recurring: bool = False


@dataclass(frozen=True)
class Clock:
    """A clock time as said; not `sure` when 3 may be 03:00 or 15:00."""

    hour: int
    minute: int = 0
    sure: bool = False

    def resolve(self, part: Hours | None = None) -> dt.time:
        """Choose the half of the day: the part that was named, else the clinic's hours."""
        early = dt.time(self.hour % 24, self.minute)
        if self.sure or self.hour > 12:
            return early
        early, late = early.replace(hour=self.hour % 12), early.replace(hour=self.hour % 12 + 12)
        if part is not None and (early in part) != (late in part):
            return early if early in part else late
        # Nobody means one to seven at night, nor eight to eleven in the late evening.
        return early if 8 <= self.hour <= 11 else late

    def before(self, end: dt.time) -> dt.time:
        """Choose the latest half of the day that lies before `end`: 10 to 2pm, 2 to 4pm."""
        if self.sure or self.hour > 12:
            return self.resolve()
        late = dt.time(self.hour % 12 + 12, self.minute)
        return late if late < end else late.replace(hour=self.hour % 12)


class Shape(Enum):
    """What a clock time is the edge of."""

    AT = "at"
    ABOUT = "about"
    SINCE = "since"
    UNTIL = "until"


@dataclass(frozen=True)
class Moment:
    """A clock time with what was said about it: at, around, after, before."""

    clock: Clock
    shape: Shape = Shape.AT

    def hours(self, part: Hours | None) -> Hours:
        """Turn it into Hours, beside a part of the day that was named."""
        at = self.clock.resolve(part)
        if self.shape is Shape.SINCE:
            return Hours(since=at)
        if self.shape is Shape.UNTIL:
            return Hours(until=at)
        if self.shape is Shape.AT:
            return Hours(at, at, at)
        middle = at.hour * 60 + at.minute
        return Hours(_clock(middle - ABOUT), _clock(middle + ABOUT), at)


@dataclass(frozen=True)
class Part:
    """A part of the day ("afternoon"), or a stretch between two clock times."""

    hours: Hours


Piece = Link | Span | Weekday | Moment | Part


def _clock(minute: int) -> dt.time:
    minute = min(max(minute, 0), 24 * 60 - 1)
    return dt.time(minute // 60, minute % 60)


def one(day: dt.date) -> Days:
    """A single day."""
    return Days(day, day)


def coming(today: dt.date, weekday: int, least: int = 0) -> dt.date:
    """The next date with this weekday, at least `least` days from today."""
    start = today + least * DAY
    return start + ((weekday - start.weekday()) % 7) * DAY


def week(today: dt.date, ahead: int) -> Days:
    """Monday to Sunday of the week `ahead` weeks from this one."""
    monday = today + (7 * ahead - today.weekday()) * DAY
    return Days(monday, monday + 6 * DAY)


def month(year: int, number: int) -> Days:
    """The whole month; `number` may run past 12 into the years after."""
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    return Days(
        dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1])
    )


def same_day(today: dt.date, months: int) -> dt.date:
    """The same day of the month so many months later, or that month's last day."""
    there = month(today.year, today.month + months)
    return min(there.first + (today.day - 1) * DAY, there.end)


def upcoming(today: dt.date, number: int, day: int) -> dt.date | None:
    """The next date with this month and day; None when there is none within eight years."""
    for year in range(today.year, today.year + 9):
        try:
            date = dt.date(year, number, day)
        except ValueError:
            continue
        if date >= today:
            return date
    return None


def part_of_month(days: Days, part: str) -> Days:
    """The `early`, `mid`, `late`, `start` or `end` of a month."""
    first, last = days.first, days.end
    return {
        "start": Days(first, first + 6 * DAY),
        "early": Days(first, first + 9 * DAY),
        "mid": Days(first + 10 * DAY, first + 19 * DAY),
        "late": Days(first + 20 * DAY, last),
        "end": Days(last - 6 * DAY, last),
    }[part]


def part_of_week(days: Days, part: str) -> Days:
    """The `early`, `mid`, `late`, `start` or `end` of a week."""
    monday, sunday = days.first, days.end
    if part in ("start", "early"):
        return Days(monday, monday + DAY)
    return Days(monday + DAY, monday + 3 * DAY) if part == "mid" else Days(monday + 3 * DAY, sunday)
