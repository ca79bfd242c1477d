"""When a consultation can start: hours, closing days, holidays, clock changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.booking.hours import bookable, closed_because, is_bookable, starts
from clinic.profile import WEEKDAYS, Booking, Profile

UTC = dt.timezone.utc
ALL_WEEK = {day: ["00:00-23:59"] for day in WEEKDAYS}


def clinic(zone="Europe/London", hours=None, holidays="GB-ENG", closed_on=(), **rules):
    return Profile(
        name="Clinic",
        country="GB",
        time_zone=zone,
        phone="020 7946 0958",
        email="hello@clinic.example",
        hours=hours or {"tuesday": ["09:00-12:00", "13:00-15:00"], "friday": ["09:00-17:00"]},
        closed_on=list(closed_on),
        holidays=holidays,
        booking=Booking(**rules),
    )


def local(profile, day):
    return [f"{start.astimezone(profile.zone):%H:%M}" for start in starts(profile, day)]


def test_a_consultation_ends_by_closing_time():
    assert local(clinic(), dt.date(2026, 11, 24)) == [
        *("09:00", "09:30", "10:00", "10:30", "11:00"),
        *("13:00", "13:30", "14:00"),
    ]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (dt.date(2026, 11, 24), None),
        (dt.date(2026, 11, 23), "a Monday"),
        (dt.date(2026, 12, 25), "Christmas Day"),
        (dt.date(2026, 12, 29), "a closing day"),
    ],
)
def test_why_the_clinic_is_closed(day, reason):
    profile = clinic(closed_on=[dt.date(2026, 12, 29)])
    assert closed_because(profile, day) == reason
    assert bool(starts(profile, day)) == (reason is None)


def test_without_a_region_no_day_is_a_public_holiday():
    assert starts(clinic(holidays=None), dt.date(2026, 12, 25))


def test_the_hour_that_summer_time_skips_is_not_offered():
    profile = clinic(hours=ALL_WEEK, length_minutes=30)
    offered = local(profile, dt.date(2026, 3, 29))
    assert offered[:4] == ["00:00", "00:30", "02:00", "02:30"]
    instants = starts(profile, dt.date(2026, 3, 29))
    assert instants[2] - instants[1] == dt.timedelta(minutes=30)


def test_the_hour_that_occurs_twice_is_offered_once_the_first_time():
    profile = clinic(hours=ALL_WEEK, length_minutes=30)
    instants = starts(profile, dt.date(2026, 10, 25))
    assert [f"{i:%H:%M}" for i in instants[2:5]] == ["00:00", "00:30", "02:00"]
    assert local(profile, dt.date(2026, 10, 25))[2:5] == ["01:00", "01:30", "02:00"]


@pytest.mark.parametrize("day", [dt.date(2026, 3, 29), dt.date(2026, 10, 25)])
def test_closing_inside_a_clock_change_means_the_earlier_instant(day):
    profile = clinic(hours={"sunday": ["00:00-01:30"]}, length_minutes=30)
    last = starts(profile, day)[-1] + dt.timedelta(minutes=30)
    assert last <= dt.datetime.combine(day, dt.time(1), tzinfo=UTC)


ZONES = (
    "Europe/London America/New_York America/Los_Angeles Australia/Sydney Australia/Lord_Howe "
    "Europe/Berlin Asia/Dubai America/Sao_Paulo Africa/Casablanca Pacific/Auckland"
).split()


@pytest.mark.parametrize("zone", ZONES)
def test_every_start_of_three_years_is_a_real_and_unambiguous_wall_time(zone):
    hours = {**ALL_WEEK, "sunday": ["00:00-06:00"]}
    profile = clinic(zone, hours=hours, holidays=None, every_minutes=60)
    day = dt.date(2026, 1, 1)
    while day < dt.date(2029, 1, 1):
        found = starts(profile, day)
        walls = [start.astimezone(ZoneInfo(zone)) for start in found]
        assert found == sorted(set(found))
        assert len({wall.replace(tzinfo=None) for wall in walls}) == len(walls)
        assert all(wall.date() == day and wall.fold == 0 for wall in walls)
        day += dt.timedelta(days=1)


def test_notice_counts_hours_and_the_horizon_local_days():
    profile = clinic(notice_hours=24, horizon_days=7)
    now = dt.datetime(2026, 11, 23, 13, 10, tzinfo=UTC)
    found = list(bookable(profile, now))
    assert found[0] == dt.datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    assert found[-1].date() == dt.date(2026, 11, 27)
    assert is_bookable(profile, found[0], now)
    assert not is_bookable(profile, found[0] + dt.timedelta(minutes=5), now)
    assert not is_bookable(profile, dt.datetime(2026, 12, 1, 13, 30, tzinfo=UTC), now)


@settings(deadline=None, max_examples=100)
@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2029, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 100),
    st.integers(1, 30),
)
def test_whatever_is_bookable_keeps_notice_and_horizon(now, notice, horizon):
    profile = clinic(notice_hours=notice, horizon_days=horizon)
    last = now.astimezone(profile.zone).date() + dt.timedelta(days=horizon)
    for start in bookable(profile, now):
        assert start >= now + dt.timedelta(hours=notice)
        assert start.astimezone(profile.zone).date() <= last
