"""Free times against what was asked for: those that fit, else the nearest ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clinic.booking.dates.when import When, minutes

# Another time on the same day comes before the same time on another day.
_DAY_WEIGHT = 24 * 60


@dataclass(frozen=True)
class Matches:
    """Starts (aware, ascending); `fits` is False when they are only the nearest ones."""

    starts: tuple[dt.datetime, ...]
    fits: bool


def matching(free: Iterable[dt.datetime], when: When, zone: ZoneInfo, limit: int = 6) -> Matches:
    """Pick up to `limit` free starts that fit, nearest to a named clock time first.

    When none fits, pick the nearest ones that the visitor has not ruled out. Looks at one
    reading; call it again for each of `when.alternatives`.
    """
    local = [(start, start.astimezone(zone)) for start in sorted(free)]
    fitting = [(start, here) for start, here in local if when.fits(here)]
    pool = fitting or [(start, here) for start, here in local if not when.excludes(here)]
    # `sorted` is stable: equally near starts stay in order of time.
    ranked = sorted(pool, key=lambda pair: _distance(when, pair[1]) if not fitting else 0)
    if fitting and (named := [hours.at for hours in when.hours if hours.at]):
        ranked = sorted(pool, key=lambda pair: _from_named(named, pair[1].time()))
    return Matches(tuple(sorted(start for start, _ in ranked[:limit])), bool(fitting))


def _from_named(named: list[dt.time], clock: dt.time) -> int:
    return min(abs(minutes(clock) - minutes(at)) for at in named)


def _distance(when: When, local: dt.datetime) -> int:
    day = local.date()
    apart = min((days.distance(day) for days in when.days), default=0)
    if when.weekdays:
        ways = ((day.weekday() - number) % 7 for number in when.weekdays)
        apart += min(min(way, 7 - way) for way in ways)
    off = min((hours.distance(local.time()) for hours in when.hours), default=0)
    return apart * _DAY_WEIGHT + off
