"""The engine, the migrations, and what the database refuses by itself."""

import datetime as dt
import multiprocessing
import sqlite3
import stat

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from clinic.booking.tables import bookings, events, metadata
from clinic.database import DatabaseError, open_engine, reading, upgrade, writing

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.timezone.utc)


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'clinic.db'}"
    upgrade(url)
    return url


@pytest.fixture
def engine(url):
    engine = open_engine(url)
    yield engine
    engine.dispose()


def row(number, minutes=0, length=45, **values):
    start = NOON + dt.timedelta(minutes=minutes)
    until = start + dt.timedelta(minutes=length)
    return {
        "reference": f"SMP-{number}",
        "conversation": f"c{number}",
        "resource": "clinic",
        "service": "Consultation",
        "starts_at": start,
        "ends_at": until,
        "busy_from": start,
        "busy_until": until,
        "status": "confirmed",
        "created_at": NOON,
        "updated_at": NOON,
    } | values


def add(engine, **values):
    with writing(engine) as connection:
        connection.execute(insert(bookings).values(**values))


def test_the_tables_are_what_the_migrations_make(engine):
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, metadata)
    # Indexes are the migration's business alone.
    assert [change for change in difference if change[0] != "remove_index"] == []


def test_upgrading_again_changes_nothing_and_the_file_is_private(url, tmp_path, engine):
    add(engine, **row(1))
    upgrade(url)
    with reading(engine) as connection:
        assert len(connection.execute(select(bookings)).all()) == 1
    assert stat.S_IMODE((tmp_path / "new" / "clinic.db").stat().st_mode) == 0o600


def test_sqlite_runs_in_wal_with_foreign_keys_and_patience(engine):
    with reading(engine) as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}


def test_several_processes_may_upgrade_a_new_file_at_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(upgrade, [url] * 4)
    with sqlite3.connect(tmp_path / "clinic.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()


@pytest.mark.parametrize("minutes", [-44, -15, 0, 1, 44])
def test_an_overlap_is_refused_on_insert(engine, minutes):
    add(engine, **row(1))
    with pytest.raises(IntegrityError, match="overlap"):
        add(engine, **row(2, minutes))


@pytest.mark.parametrize("status", ["held", "pending", "confirmed"])
def test_an_overlap_is_refused_on_update(engine, status):
    add(engine, **row(1))
    add(engine, **row(2, status="cancelled", hold_expires_at=NOON))
    change = bookings.update().where(bookings.c.reference == "SMP-2").values(status=status)
    with pytest.raises(IntegrityError, match="overlap"), writing(engine) as connection:
        connection.execute(change)


def test_neighbours_other_resources_and_cancelled_bookings_do_not_overlap(engine):
    add(engine, **row(1))
    add(engine, **row(2, 45))
    add(engine, **row(3, -45))
    add(engine, **row(4, resource="room two"))
    add(engine, **row(5, status="cancelled"))


@pytest.mark.parametrize(
    "values",
    [
        {"status": "perhaps"},
        {"status": "held"},
        {"contact_kind": "fax"},
        {"busy_until": NOON + dt.timedelta(minutes=44)},
        {"ends_at": NOON},
    ],
)
def test_nonsense_is_refused(engine, values):
    with pytest.raises(IntegrityError):
        add(engine, **row(1, **values))


def test_the_audit_trail_can_only_grow(engine):
    add(engine, **row(1))
    with writing(engine) as connection:
        connection.execute(insert(events).values(booking_id=1, at=NOON, what="held", by="visitor"))
    for change in (events.update().values(what="confirmed"), events.delete()):
        with pytest.raises(IntegrityError, match="append-only"), writing(engine) as connection:
            connection.execute(change)


def test_times_come_back_in_utc_and_naive_ones_are_refused(engine):
    zone = dt.timezone(dt.timedelta(hours=2))
    add(engine, **row(1, created_at=NOON.astimezone(zone)))
    with reading(engine) as connection:
        stored = connection.execute(select(bookings.c.created_at)).scalar()
    assert (stored, stored.tzinfo) == (NOON, dt.timezone.utc)
    with pytest.raises(StatementError, match="without a zone"):
        add(engine, **row(2, 90, created_at=NOON.replace(tzinfo=None)))


def test_a_failed_write_leaves_nothing(engine):
    def write_and_fail():
        with writing(engine) as connection:
            connection.execute(insert(bookings).values(**row(1)))
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    with reading(engine) as connection:
        assert connection.execute(select(bookings)).all() == []


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "sqlite://"])
def test_an_unusable_url_is_one_line_that_says_what_to_do(url):
    with pytest.raises(DatabaseError, match=r"^[^\n]*STIPPLE_DATABASE_URL[^\n]*$"):
        open_engine(url)


def test_a_newer_database_and_an_unopenable_one_say_what_to_do(url, engine, tmp_path):
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer Stipple"):
        upgrade(url)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DatabaseError, match="cannot be opened"):
        upgrade(f"sqlite:///{tmp_path / 'folder'}")
