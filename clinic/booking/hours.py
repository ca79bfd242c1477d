"""When a consultation can start: opening hours, closing days, notice and horizon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from clinic.profile import WEEKDAYS, Profile

UTC = dt.timezone.utc


def closed_because(profile: Profile, day: dt.date) -> str | None:
    """Say why the clinic is closed all day (`Christmas Day`, `a closing day`), None when open."""
    if day in profile.closed_on:
        return "a closing day"
    if holiday := _public_holidays(profile.holidays, day.year).get(day):
        return holiday
    if not profile.hours.get(WEEKDAYS[day.weekday()]):
        return f"a {WEEKDAYS[day.weekday()].capitalize()}"
    return None


@lru_cache(maxsize=32)
def _public_holidays(region: str | None, year: int) -> dict[dt.date, str]:
    if region is None:
        return {}
    country, _, subdivision = region.partition("-")
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def starts(profile: Profile, day: dt.date) -> list[dt.datetime]:
    """List the starts (aware, UTC, ascending) that the clinic's hours allow on a local date.

    A consultation must end by closing time. Hours are wall-clock times: a time that the change
    to summer time skips is not offered; one that occurs twice means its first occurrence.
    """
    if closed_because(profile, day):
        return []
    rules, zone = profile.booking, profile.zone
    length = dt.timedelta(minutes=rules.length_minutes)
    step = dt.timedelta(minutes=rules.every_minutes)
    found: set[dt.datetime] = set()
    for span in profile.hours[WEEKDAYS[day.weekday()]]:
        opens, closes = (
            dt.datetime.combine(day, dt.time.fromisoformat(clock)) for clock in span.split("-")
        )
        # Of the two instants that a wall time near a clock change can mean, close at the earlier.
        last = min(_instant(closes, zone, fold) for fold in (0, 1))
        wall = opens
        while wall < closes:
            start = _instant(wall, zone)
            exists = start.astimezone(zone).replace(tzinfo=None) == wall
            if exists and start + length <= last:
                found.add(start)
            wall += step
    return sorted(found)


def _instant(wall: dt.datetime, zone: ZoneInfo, fold: int = 0) -> dt.datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def bookable(
    profile: Profile, now: dt.datetime, first: dt.date | None = None, last: dt.date | None = None
) -> Iterator[dt.datetime]:
    """Yield the starts (UTC, ascending) a visitor may book now, from local date `first` to `last`.

    The clinic's notice counts in elapsed hours from `now`, its horizon in local days from today.
    """
    earliest = now + dt.timedelta(hours=profile.booking.notice_hours)
    today = now.astimezone(profile.zone).date()
    horizon = today + dt.timedelta(days=profile.booking.horizon_days)
    day = max(today, first or today)
    while day <= min(horizon, last or horizon):
        yield from (start for start in starts(profile, day) if start >= earliest)
        day += dt.timedelta(days=1)


def is_bookable(profile: Profile, start: dt.datetime, now: dt.datetime) -> bool:
    """Say whether a visitor may book this start now, whether or not it is still free."""
    day = start.astimezone(profile.zone).date()
    return start in bookable(profile, now, day, day)
