"""Holds and bookings: who gets a time, for how long, and that nobody gets it twice."""

import datetime as dt
import itertools
import multiprocessing
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from clinic.booking.contact import Contact, Kind
from clinic.booking.diary import (
    AlreadyCancelled,
    Booked,
    Cancelled,
    Diary,
    Held,
    HoldExpired,
    NotFound,
    Status,
    Taken,
    TooLate,
    Window,
)
from clinic.booking.reference import find_reference, new_reference
from clinic.booking.tables import bookings, events
from clinic.database import open_engine, reading, upgrade, writing
from clinic.profile import WEEKDAYS, Profile
from clinic.profile import Booking as Rules

UTC = dt.timezone.utc
MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=UTC)
TEN = dt.datetime(2026, 11, 25, 10, tzinfo=UTC)
DAVE = Contact(Kind.EMAIL, "dave@gmail.com")
HOURS = {day: ["09:00-17:00"] for day in WEEKDAYS[:5]}


def at(clock, day=25):
    return dt.datetime.combine(dt.date(2026, 11, day), dt.time.fromisoformat(clock), tzinfo=UTC)


def clinic(**rules):
    return Profile(
        name="Clinic",
        country="GB",
        time_zone="Europe/London",
        phone="020 7946 0958",
        email="hello@clinic.example",
        hours=HOURS,
        holidays="GB-ENG",
        booking=Rules(**rules),
    )


class Clock:
    """The boundary: the present moment, set by hand."""

    def __init__(self, now=MONDAY):
        self.now = now

    def __call__(self):
        return self.now

    def forward(self, **delta):
        self.now += dt.timedelta(**delta)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def engine(tmp_path):
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    upgrade(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def diary(engine, clock):
    return Diary(engine, clinic(), clock)


def confirm(diary, conversation="ann", key="k1", contact=DAVE):
    return diary.confirm(conversation, "Dave", contact, key, "2026-11")


def book(diary, conversation="ann", start=TEN, key="k1", contact=DAVE):
    assert isinstance(diary.hold(conversation, start), Held)
    booked = confirm(diary, conversation, key, contact)
    assert isinstance(booked, Booked)
    return booked.booking


def history(engine):
    with reading(engine) as connection:
        return list(connection.execute(select(events.c.what).order_by(events.c.id)).scalars())


def wednesday(diary, **options):
    day = dt.date(2026, 11, 25)
    return [f"{start:%H:%M}" for start in diary.free(Window(day, day), **options)]


def test_free_times_leave_out_what_is_busy_with_one_buffer_between(diary):
    before = wednesday(diary)
    book(diary)
    # 10:00 to 10:45 and 15 minutes: 09:00 fits before (its buffer ends at 10:00), 11:00 after.
    assert [t for t in before if t not in wednesday(diary)] == ["09:30", "10:00", "10:30"]


def test_free_times_keep_notice_horizon_and_limit(diary):
    free = diary.free()
    assert free[0] == at("09:00", 24)
    assert free[-1].date() == dt.date(2027, 1, 22)
    assert diary.free(limit=3) == free[:3]
    assert diary.free(Window(last=dt.date(2026, 11, 22))) == []


def test_a_hold_blocks_others_but_not_its_own_conversation(diary):
    held = diary.hold("ann", TEN)
    assert isinstance(held, Held)
    assert held.booking.hold_expires_at == MONDAY + dt.timedelta(minutes=10)
    assert "10:00" not in wednesday(diary)
    assert "10:00" in wednesday(diary, conversation="ann")
    taken = diary.hold("bob", TEN)
    assert taken == Taken(TEN, (at("09:00"), at("11:00"), at("11:30")))


def test_a_new_hold_releases_the_previous_one(diary):
    diary.hold("ann", TEN)
    assert isinstance(diary.hold("ann", at("10:30")), Held)
    assert [b.starts_at for b in diary.of_conversation("ann")] == [at("10:30")]
    assert "09:30" in wednesday(diary)


def test_a_refused_hold_leaves_the_previous_one_alone(diary):
    diary.hold("ann", TEN)
    diary.hold("bob", at("14:00"))
    assert isinstance(diary.hold("ann", at("14:00")), Taken)
    assert [b.starts_at for b in diary.of_conversation("ann")] == [TEN]


@pytest.mark.parametrize(
    "start",
    [
        at("10:10"),
        at("16:30"),
        at("10:00", 22),
        at("09:00", 23),
        dt.datetime(2027, 6, 1, 9, 0, tzinfo=UTC),
    ],
)
def test_a_start_that_is_never_offered_is_not_held(diary, start):
    taken = diary.hold("ann", start)
    assert isinstance(taken, Taken)
    assert not taken.offered
    assert len(taken.alternatives) == 3


def test_a_hold_lapses_by_itself(diary, clock, engine):
    diary.hold("ann", TEN)
    clock.forward(minutes=10)
    assert "10:00" in wednesday(diary)
    assert diary.of_conversation("ann") == []
    assert isinstance(diary.hold("bob", TEN), Held)
    assert history(engine) == ["held", "expired", "held"]


def test_confirming_a_hold_books_it(diary, engine):
    booking = book(diary)
    assert (booking.status, booking.first_name, booking.contact) == (Status.CONFIRMED, "Dave", DAVE)
    assert diary.find(booking.reference, DAVE) == booking
    assert diary.of_conversation("ann") == [booking]
    assert history(engine) == ["held", "confirmed"]


def test_the_same_key_books_once(diary, engine):
    booking = book(diary)
    assert confirm(diary) == Booked(booking)
    assert history(engine) == ["held", "confirmed"]
    # A second confirmation under another key has nothing to confirm.
    assert confirm(diary, key="k2") == HoldExpired()


def test_a_key_of_another_conversation_shows_nothing(diary):
    book(diary)
    with pytest.raises(ValueError, match="another conversation"):
        confirm(diary, "mallory")


def test_a_lapsed_hold_is_taken_again_if_its_time_is_free(diary, clock, engine):
    diary.hold("ann", TEN)
    clock.forward(minutes=30)
    assert isinstance(confirm(diary), Booked)
    assert history(engine) == ["held", "expired", "retaken"]


def test_a_lapsed_hold_is_not_taken_from_another(diary, clock):
    diary.hold("ann", TEN)
    clock.forward(minutes=30)
    book(diary, "bob", TEN, "k9")
    taken = confirm(diary)
    assert isinstance(taken, Taken)
    assert taken.alternatives == (at("09:00"), at("11:00"), at("11:30"))


def test_nothing_to_confirm(diary, clock):
    assert confirm(diary) == HoldExpired()
    diary.hold("ann", TEN)
    assert diary.release("ann")
    assert not diary.release("ann")
    assert confirm(diary) == HoldExpired()
    diary.hold("ann", TEN)
    clock.forward(days=2, hours=2)
    assert confirm(diary) == HoldExpired()


def test_forgetting_a_lapsed_hold_is_final(diary, clock):
    diary.hold("ann", TEN)
    clock.forward(minutes=30)
    assert not diary.release("ann")
    assert confirm(diary) == HoldExpired()


def test_a_booking_is_found_only_with_its_contact(diary):
    booking = book(diary)
    assert diary.find(booking.reference, Contact(Kind.EMAIL, "DAVE@gmail.com")) == booking
    assert diary.find(booking.reference, Contact(Kind.EMAIL, "eve@gmail.com")) is None
    assert diary.find(booking.reference, Contact(Kind.PHONE, "dave@gmail.com")) is None
    assert diary.find("SMP-000003", DAVE) is None


def test_a_hold_is_not_found_by_reference(diary):
    held = diary.hold("ann", TEN)
    assert diary.find(held.booking.reference, DAVE) is None


def test_cancelling_frees_the_time_once(diary, engine):
    booking = book(diary)
    assert diary.cancel(booking.reference, Contact(Kind.EMAIL, "eve@gmail.com")) == NotFound()
    cancelled = diary.cancel(booking.reference, DAVE)
    assert isinstance(cancelled, Cancelled)
    assert cancelled.booking.status is Status.CANCELLED
    assert isinstance(diary.cancel(booking.reference, DAVE), AlreadyCancelled)
    assert history(engine) == ["held", "confirmed", "cancelled"]
    # The first answer to the key still names the booking, with its present status.
    assert confirm(diary) == Booked(cancelled.booking)
    assert isinstance(diary.hold("bob", TEN), Held)


def test_cancelling_keeps_the_clinics_notice(diary, clock):
    booking = book(diary)
    clock.now = TEN - dt.timedelta(hours=24) + dt.timedelta(seconds=1)
    assert isinstance(diary.cancel(booking.reference, DAVE), TooLate)
    clock.now = TEN - dt.timedelta(hours=24)
    assert isinstance(diary.cancel(booking.reference, DAVE), Cancelled)


def test_the_audit_trail_holds_no_personal_data(diary, engine):
    booking = book(diary, conversation="person-7")
    with reading(engine) as connection:
        rows = connection.execute(select(events)).all()
    told = " ".join(str(value) for row in rows for value in row)
    for secret in ("dave", "gmail", "person-7", booking.reference):
        assert secret.casefold() not in told.casefold()


# Many at once ------------------------------------------------------------------------------


def attempt_bookings(job):
    """One process: try to hold and confirm random starts, checking first, as careful code does."""
    url, seed, attempts = job
    engine = open_engine(url)
    diary = Diary(engine, clinic(every_minutes=15, horizon_days=4), Clock())
    draw = random.Random(seed)
    starts = diary.free()
    for number in range(attempts):
        conversation = f"{seed}-{number}"
        if isinstance(diary.hold(conversation, draw.choice(starts)), Held):
            confirm(diary, conversation, key=conversation)
    engine.dispose()


def run_processes(work, url, attempts, processes=6):
    jobs = [(url, seed, attempts) for seed in range(processes)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        pool.map(work, jobs, chunksize=1)


def busy_times(engine):
    blocking = bookings.c.status.in_(["held", "pending", "confirmed"])
    with reading(engine) as connection:
        return connection.execute(
            select(bookings.c.busy_from, bookings.c.busy_until).where(blocking)
        ).all()


def overlapping(times):
    return sum(
        a.busy_from < b.busy_until and b.busy_from < a.busy_until
        for a, b in itertools.combinations(times, 2)
    )


def test_processes_that_race_never_double_book(engine):
    run_processes(attempt_bookings, str(engine.url), attempts=60)
    times = busy_times(engine)
    assert len(times) >= 10
    assert overlapping(times) == 0
    assert "confirmed" in history(engine)


def drop_guards(engine):
    with writing(engine) as connection:
        for name in ("insert", "update"):
            connection.execute(text(f"DROP TRIGGER booking_no_overlap_{name}"))


def test_the_same_race_double_books_without_the_guards(engine):
    """The proof that the test above can fail: nothing but the triggers stops an overlap."""
    drop_guards(engine)
    run_processes(attempt_bookings, str(engine.url), attempts=10)
    assert overlapping(busy_times(engine)) > 0


# References --------------------------------------------------------------------------------


@given(st.integers(0, 2**32))
def test_a_reference_survives_careless_typing(seed):
    reference = new_reference()
    body = reference.removeprefix("SMP-")
    draw = random.Random(seed)
    typed = body.replace("0", draw.choice("0Oo")).replace("1", draw.choice("1IilL"))
    for text_ in (
        f"my ref is {reference}, thanks",
        f"smp{typed.lower()}",
        f"SMP {typed[:3]} {typed[3:]}",
        f"smp - {typed}.",
        f"S.M.P. {' '.join(typed)}",
        f"it's {body}",
    ):
        assert find_reference(text_) == reference


@pytest.mark.parametrize(
    "words",
    [
        "does smp clinic hurt",
        "SMP photos please",
        "smp before and after",
        "is smp 3 months ok",
        "SMP costs how much",
        "07700 900123",
        "3000 follicles",
        "smp-7k4q2mx9",
        "dave@gmail.com",
        "",
    ],
)
def test_ordinary_words_are_no_reference(words):
    assert find_reference(words) is None
