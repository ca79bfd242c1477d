"""A time that a visitor has asked for, typed, and said back in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORKDAYS, _WEEKEND = frozenset(range(5)), frozenset({5, 6})


@dataclass(frozen=True)
class Days:
    """Local dates from `first` to `last`, both included; without `last` it has no end."""

    first: dt.date
    last: dt.date | None = None

    @property
    def end(self) -> dt.date:
        """The last date, or the calendar's last one."""
        return self.last or dt.date.max

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.end

    def distance(self, day: dt.date) -> int:
        """Count the days from `day` to the nearest one in here."""
        return max(0, (self.first - day).days, (day - self.end).days)


@dataclass(frozen=True)
class Hours:
    """Local clock times of a start: from `since` up to, not including, `until` (None is open).

    `at` is the clock time that was named, if one was; with equal `since` and `until` it is the
    only one meant.
    """

    since: dt.time | None = None
    until: dt.time | None = None
    at: dt.time | None = None

    def __contains__(self, clock: dt.time) -> bool:
        after = self.since is None or self.since <= clock
        return clock == self.at or (after and (self.until is None or clock < self.until))

    @property
    def exact(self) -> bool:
        """Whether one clock time alone is meant."""
        return self.at is not None and self.since == self.until == self.at

    def distance(self, clock: dt.time) -> int:
        """Count the minutes from `clock` to the nearest time in here."""
        if clock in self:
            return 0
        edges = [edge for edge in (self.since, self.until, self.at) if edge is not None]
        return min(abs(minutes(clock) - minutes(edge)) for edge in edges)


@dataclass(frozen=True)
class When:
    """What was asked for; an empty field restricts nothing.

    A start fits when its date is in one of `days`, its weekday (Monday is 0) in `weekdays`, its
    clock time in one of `hours`, and nothing of it in the `not_` fields. `alternatives` are other
    readings of the same words ("3/4", "next friday"), or a second choice that was named
    ("tuesday at 3 or friday at 10"): offer one button each.
    """

    days: tuple[Days, ...] = ()
    weekdays: frozenset[int] = frozenset()
    hours: tuple[Hours, ...] = ()
    not_days: tuple[Days, ...] = ()
    not_weekdays: frozenset[int] = frozenset()
    not_hours: tuple[Hours, ...] = ()
    soonest: bool = False
    alternatives: tuple[When, ...] = ()

    @property
    def readings(self) -> tuple[When, ...]:
        """This one, then its alternatives."""
        return (self, *self.alternatives)

    @property
    def day(self) -> dt.date | None:
        """The one date that is meant, if there is one."""
        only = self.days[0] if len(self.days) == 1 else None
        return only.first if only and only.first == only.last else None

    @property
    def clock(self) -> dt.time | None:
        """The one clock time that is meant, if there is one."""
        return self.hours[0].at if len(self.hours) == 1 and self.hours[0].exact else None

    @property
    def exact(self) -> bool:
        """Whether one date and one clock time are meant, without another reading."""
        return self.day is not None and self.clock is not None and not self.alternatives

    def excludes(self, local: dt.datetime) -> bool:
        """Say whether a local start is one that the visitor has ruled out."""
        day, clock = local.date(), local.time()
        return (
            day.weekday() in self.not_weekdays
            or any(day in days for days in self.not_days)
            or any(clock in hours for hours in self.not_hours)
        )

    def fits(self, local: dt.datetime) -> bool:
        """Say whether a local start is what was asked for."""
        day, clock = local.date(), local.time()
        return (
            not self.excludes(local)
            and (not self.days or any(day in days for days in self.days))
            and (not self.weekdays or day.weekday() in self.weekdays)
            and (not self.hours or any(clock in hours for hours in self.hours))
        )


def minutes(clock: dt.time) -> int:
    """Count the minutes since midnight."""
    return clock.hour * 60 + clock.minute


def spoken(start: dt.datetime, zone: ZoneInfo) -> str:
    """Say a start in full: `Tuesday 24 November 2026 at 10:30 (London time)`."""
    local = start.astimezone(zone)
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"{_date(local.date())} at {local:%H:%M} ({place} time)"


def describe(when: When) -> str:
    """Explain a When in words: `Tuesday 24 November 2026, from 15:00`."""
    return "; or ".join(_describe_one(reading) for reading in when.readings)


def _describe_one(when: When) -> str:
    days = " or ".join(_days(days) for days in when.days)
    if when.weekdays:
        days = f"{_weekdays(when.weekdays)}, {days}" if days else _weekdays(when.weekdays)
    parts = [days, " or ".join(_hours(hours) for hours in when.hours)]
    refused = [_weekdays(when.not_weekdays)] if when.not_weekdays else []
    refused += [_days(days) for days in when.not_days]
    refused += [_hours(hours) for hours in when.not_hours]
    parts.append("not " + " or ".join(refused) if refused else "")
    parts.append("as soon as possible" if when.soonest else "")
    return ", ".join(part for part in parts if part) or "any time"


def _date(day: dt.date) -> str:
    return f"{WEEKDAY_NAMES[day.weekday()]} {day.day} {day:%B %Y}"


def _days(days: Days) -> str:
    if days.last is None:
        return f"from {_date(days.first)}"
    if days.first == days.last:
        return _date(days.first)
    return f"{_date(days.first)} to {_date(days.last)}"


def _weekdays(weekdays: frozenset[int]) -> str:
    if weekdays == _WORKDAYS:
        return "any weekday"
    if weekdays == _WEEKEND:
        return "a weekend"
    return "a " + " or ".join(WEEKDAY_NAMES[number] for number in sorted(weekdays))


def _hours(hours: Hours) -> str:
    if hours.exact:
        return f"at {hours.at:%H:%M}"
    if hours.at is not None:
        return f"around {hours.at:%H:%M}"
    if hours.since is None:
        return f"before {hours.until:%H:%M}"
    if hours.until is None:
        return f"from {hours.since:%H:%M}"
    return f"between {hours.since:%H:%M} and {hours.until:%H:%M}"
