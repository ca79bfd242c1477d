"""The clinic's database: an engine for a URL, transactions, and the schema's migrations."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import DateTime, create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.types import TypeDecorator

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 10
# Any number will do, as long as every Stipple process uses the same one.
_WRITER_LOCK = 7_301_905


class DatabaseError(RuntimeError):
    """The database cannot be used; the message is one line that says what to do."""


class Instant(TypeDecorator):  # type: ignore[misc]
    """An aware datetime, kept as UTC; SQLite stores no zone, so it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """Turn an aware datetime into what the database stores; ValueError on a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; pass an aware datetime")
        utc = value.astimezone(dt.timezone.utc)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """Turn what the database stored into an aware datetime in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=dt.timezone.utc)
        return value.astimezone(dt.timezone.utc)


def open_engine(url: str) -> Engine:
    """Make an engine for a SQLite or PostgreSQL URL; nothing is opened until it is used.

    Raises DatabaseError on a URL that cannot be used.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            "STIPPLE_DATABASE_URL is no database URL: write one such as sqlite:////path/clinic.db"
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return create_engine(url, hide_parameters=True, future=True, pool_pre_ping=True)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise DatabaseError("STIPPLE_DATABASE_URL must name a SQLite file or a PostgreSQL server.")
    engine = create_engine(
        url, hide_parameters=True, future=True, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Without this, the driver would begin transactions by itself, and never IMMEDIATE ones.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("stipple_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a write transaction: commits at the end, rolls back on an error.

    Writers take turns, on SQLite by BEGIN IMMEDIATE (waiting up to 10 s), on PostgreSQL by an
    advisory lock, so that a transaction never fails because another one wrote meanwhile.
    """
    with engine.connect().execution_options(stipple_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads: one consistent picture, never waiting for a writer."""
    with engine.connect() as connection, connection.begin():
        yield connection


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest schema, creating it when it is new.

    Safe to call from several processes at once. Raises DatabaseError.
    """
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        # The file holds names and contacts: readable by its owner only.
        path.touch(mode=0o600)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        if engine.dialect.name == "sqlite":
            _use_wal(engine)
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        raise DatabaseError(
            "The database was written by a newer Stipple: install that version or restore a backup."
        ) from None
    except OperationalError as error:
        raise DatabaseError(
            f"The database cannot be opened ({_reason(error)}): check STIPPLE_DATABASE_URL."
        ) from error
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Say whether the database exists and has the newest schema; changes nothing."""
    engine = open_engine(url)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database).exists():
        return False
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with reading(engine) as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
        return bool(revision == ScriptDirectory.from_config(config).get_current_head())
    except OperationalError:
        return False
    finally:
        engine.dispose()


def _use_wal(engine: Engine) -> None:
    # A property of the file, set once; it cannot be changed inside a transaction.
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _reason(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0]
