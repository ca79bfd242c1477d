"""The clinic's diary: free times, holds, bookings. The database refuses overlaps by itself."""

from __future__ import annotations

import datetime as dt
import hmac
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from clinic.booking.contact import Contact, Kind
from clinic.booking.hours import UTC, bookable, is_bookable
from clinic.booking.reference import new_reference
from clinic.booking.tables import bookings, events
from clinic.database import reading, writing
from clinic.profile import Profile

ALTERNATIVES = 3


class Status(str, Enum):
    """Where a booking stands; held, pending and confirmed ones keep their time busy."""

    HELD = "held"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_BLOCKING = (Status.HELD.value, Status.PENDING.value, Status.CONFIRMED.value)
_STANDING = (Status.PENDING.value, Status.CONFIRMED.value)


@dataclass(frozen=True)
class Booking:
    """One consultation, held or booked. All times are aware and in UTC."""

    reference: str
    conversation: str
    status: Status
    service: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    hold_expires_at: dt.datetime | None
    first_name: str | None
    contact: Contact | None


@dataclass(frozen=True)
class Window:
    """Local dates from `first` to `last`, both included; None is open."""

    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True)
class Held:
    """The time is kept for this conversation until `booking.hold_expires_at`."""

    booking: Booking


@dataclass(frozen=True)
class Booked:
    """The booking stands (or stood: the same key again shows its present status)."""

    booking: Booking


@dataclass(frozen=True)
class Taken:
    """The time cannot be had; `alternatives` are the nearest free starts, in order of time.

    `offered` is False when nobody could book it: outside the hours, too soon or too far ahead.
    """

    start: dt.datetime
    alternatives: tuple[dt.datetime, ...]
    offered: bool = True


@dataclass(frozen=True)
class HoldExpired:
    """There is no hold to confirm, and none that could be taken again."""


@dataclass(frozen=True)
class Cancelled:
    """The booking is cancelled and its time free again."""

    booking: Booking


@dataclass(frozen=True)
class TooLate:
    """The booking begins within the clinic's cancellation notice: ask the visitor to ring."""

    booking: Booking


@dataclass(frozen=True)
class AlreadyCancelled:
    """The booking was cancelled before."""

    booking: Booking


@dataclass(frozen=True)
class NotFound:
    """No booking has this reference together with this contact."""


def utc_now() -> dt.datetime:
    """The present, aware, in UTC."""
    return dt.datetime.now(UTC)


class Diary:
    """The diary of one clinic on one database.

    Busy time is the appointment and the buffer after it. A buffer before it as well would put
    two buffers between neighbours, where clinics expect one; and the day's first appointment
    needs none. The last one may run its buffer past closing time.

    A hold lapses at its time: reads leave it out from then on, and the next write marks it
    expired in its own transaction. `now` returns the present as an aware datetime; `by` is who
    the audit trail names.
    """

    def __init__(
        self,
        engine: Engine,
        profile: Profile,
        now: Callable[[], dt.datetime] = utc_now,
        *,
        resource: str = "clinic",
        by: str = "visitor",
    ) -> None:
        self._engine = engine
        self._profile = profile
        self._now = now
        self._resource = resource
        self._by = by

    def free(
        self,
        window: Window | None = None,
        limit: int | None = None,
        *,
        conversation: str | None = None,
    ) -> list[dt.datetime]:
        """List free starts (UTC, ascending); a hold of `conversation` itself counts as free."""
        window, now = window or Window(), self._now()
        candidates = list(bookable(self._profile, now, window.first, window.last))
        if not candidates:
            return []
        length = self._length + self._buffer
        busy = self._busy(candidates[0], candidates[-1] + length, now, conversation)
        ends = [until for _, until in busy]
        found = []
        for start in candidates:
            # Busy times never overlap, so the first one that ends after the start decides.
            after = bisect_right(ends, start)
            if after == len(busy) or start + length <= busy[after][0]:
                found.append(start)
        return found[:limit]

    def hold(self, conversation: str, start: dt.datetime) -> Held | Taken:
        """Keep a start for this conversation for the clinic's hold time.

        The conversation's previous hold is released in the same transaction; when the new time
        is taken, the previous hold stays.
        """
        now, start = self._now(), start.astimezone(UTC)
        if not is_bookable(self._profile, start, now):
            return Taken(start, self.nearest(start, conversation), offered=False)
        try:
            with writing(self._engine) as connection:
                self._lapse(connection, now)
                self._release(connection, conversation, now)
                inserted = connection.execute(
                    insert(bookings).values(
                        reference=_unused_reference(connection),
                        conversation=conversation,
                        resource=self._resource,
                        service=self._profile.booking.service,
                        starts_at=start,
                        ends_at=start + self._length,
                        busy_from=start,
                        busy_until=start + self._length + self._buffer,
                        status=Status.HELD.value,
                        hold_expires_at=now
                        + dt.timedelta(minutes=self._profile.booking.hold_minutes),
                        created_at=now,
                        updated_at=now,
                    )
                )
                (key,) = inserted.inserted_primary_key
                self._record(connection, key, "held", now)
                return Held(_booking(_row(connection, key)))
        except IntegrityError as error:
            if not _is_overlap(error):
                raise
        return Taken(start, self.nearest(start, conversation))

    def confirm(
        self,
        conversation: str,
        first_name: str,
        contact: Contact,
        idempotency_key: str,
        consent_version: str,
    ) -> Booked | HoldExpired | Taken:
        """Turn the conversation's hold into a booking.

        The same key again returns the same booking and changes nothing; ValueError when the key
        belongs to another conversation. A hold that lapsed is taken again if its time is free.
        """
        now = self._now()
        try:
            with writing(self._engine) as connection:
                self._lapse(connection, now)
                query = select(bookings).where(bookings.c.idempotency_key == idempotency_key)
                if (same := connection.execute(query).first()) is not None:
                    if same.conversation != conversation:
                        raise ValueError("this idempotency key belongs to another conversation")
                    return Booked(_booking(same))
                row = self._latest(connection, conversation)
                if row is None or not self._confirmable(row, now):
                    return HoldExpired()
                self._move(
                    connection,
                    row,
                    Status.CONFIRMED,
                    "confirmed" if row.status == Status.HELD.value else "retaken",
                    now,
                    idempotency_key=idempotency_key,
                    first_name=first_name,
                    contact_kind=contact.kind.value,
                    contact=contact.value,
                    consent_version=consent_version,
                )
                return Booked(_booking(_row(connection, row.id)))
        except IntegrityError as error:
            if not _is_overlap(error):
                raise
        # The statement failed on the time of `row`: another conversation has taken it meanwhile.
        return Taken(row.starts_at, self.nearest(row.starts_at, conversation))

    def find(self, reference: str, contact: Contact) -> Booking | None:
        """Return the booking with this reference, if it was made with this contact."""
        with reading(self._engine) as connection:
            row = _by_reference(connection, reference)
        return _booking(row) if _made_with(row, contact) else None

    def cancel(
        self, reference: str, contact: Contact
    ) -> Cancelled | TooLate | NotFound | AlreadyCancelled:
        """Cancel a booking, if its contact matches and the clinic's notice is kept."""
        now = self._now()
        with writing(self._engine) as connection:
            row = _by_reference(connection, reference)
            if not _made_with(row, contact):
                return NotFound()
            if row.status not in _STANDING:
                return AlreadyCancelled(_booking(row))
            if row.starts_at - now < dt.timedelta(hours=self._profile.booking.cancel_notice_hours):
                return TooLate(_booking(row))
            self._move(connection, row, Status.CANCELLED, "cancelled", now)
            return Cancelled(_booking(_row(connection, row.id)))

    def release(self, conversation: str) -> bool:
        """Let go of the conversation's hold; say whether there was one."""
        now = self._now()
        with writing(self._engine) as connection:
            self._lapse(connection, now)
            return self._release(connection, conversation, now)

    def of_conversation(self, conversation: str) -> list[Booking]:
        """List the conversation's live hold and its bookings to come, in order of time."""
        now = self._now()
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(bookings)
                .where(
                    bookings.c.conversation == conversation,
                    _is_busy(now),
                    bookings.c.ends_at > now,
                )
                .order_by(bookings.c.starts_at)
            ).all()
        return [_booking(row) for row in rows]

    def nearest(
        self, start: dt.datetime, conversation: str | None = None, limit: int = ALTERNATIVES
    ) -> tuple[dt.datetime, ...]:
        """Return the free starts nearest to `start`, in order of time."""
        free = self.free(conversation=conversation)
        return tuple(sorted(sorted(free, key=lambda other: abs(other - start))[:limit]))

    @property
    def _length(self) -> dt.timedelta:
        return dt.timedelta(minutes=self._profile.booking.length_minutes)

    @property
    def _buffer(self) -> dt.timedelta:
        return dt.timedelta(minutes=self._profile.booking.buffer_minutes)

    def _busy(
        self, since: dt.datetime, until: dt.datetime, now: dt.datetime, conversation: str | None
    ) -> list[tuple[dt.datetime, dt.datetime]]:
        query = (
            select(bookings.c.busy_from, bookings.c.busy_until)
            .where(
                bookings.c.resource == self._resource,
                _is_busy(now),
                bookings.c.busy_from < until,
                bookings.c.busy_until > since,
            )
            .order_by(bookings.c.busy_from)
        )
        if conversation is not None:
            own_hold = and_(
                bookings.c.status == Status.HELD.value, bookings.c.conversation == conversation
            )
            query = query.where(~own_hold)
        with reading(self._engine) as connection:
            return [(row.busy_from, row.busy_until) for row in connection.execute(query)]

    def _lapse(self, connection: Connection, now: dt.datetime) -> None:
        query = select(bookings).where(
            bookings.c.status == Status.HELD.value, bookings.c.hold_expires_at <= now
        )
        for row in connection.execute(query).all():
            # `hold_expires_at` stays: it tells a lapsed hold, which may be taken again, from a
            # released one, which may not.
            self._move(connection, row, Status.EXPIRED, "expired", now, by="system")

    def _release(self, connection: Connection, conversation: str, now: dt.datetime) -> bool:
        row = self._latest(connection, conversation)
        if row is None or row.status not in (Status.HELD.value, Status.EXPIRED.value):
            return False
        held = bool(row.status == Status.HELD.value)
        if held or row.hold_expires_at is not None:
            self._move(connection, row, Status.EXPIRED, "released", now, hold_expires_at=None)
        return held

    def _latest(self, connection: Connection, conversation: str) -> Any:
        query = (
            select(bookings)
            .where(bookings.c.conversation == conversation)
            .order_by(bookings.c.id.desc())
            .limit(1)
        )
        return connection.execute(query).first()

    def _confirmable(self, row: Any, now: dt.datetime) -> bool:
        if row.status == Status.HELD.value:
            return True
        # The notice was kept when the time was first held; a few minutes since then change nothing.
        lapsed = row.status == Status.EXPIRED.value and row.hold_expires_at is not None
        return (
            lapsed
            and is_bookable(self._profile, row.starts_at, row.created_at)
            and (bool(now < row.starts_at))
        )

    def _move(
        self,
        connection: Connection,
        row: Any,
        status: Status,
        what: str,
        now: dt.datetime,
        by: str | None = None,
        **values: Any,
    ) -> None:
        """Change a row's status if it is still as read (compare-and-swap), and record it."""
        changed = connection.execute(
            update(bookings)
            .where(bookings.c.id == row.id, bookings.c.status == row.status)
            .values(status=status.value, updated_at=now, **values)
        )
        if changed.rowcount != 1:
            # Writers take turns, so this cannot happen; never go on over another one's change.
            raise RuntimeError("a booking changed while it was being changed; try again")
        self._record(connection, row.id, what, now, by)

    def _record(
        self, connection: Connection, key: int, what: str, now: dt.datetime, by: str | None = None
    ) -> None:
        connection.execute(
            insert(events).values(booking_id=key, at=now, what=what, by=by or self._by)
        )


def _is_busy(now: dt.datetime) -> Any:
    return and_(
        bookings.c.status.in_(_BLOCKING),
        or_(bookings.c.status != Status.HELD.value, bookings.c.hold_expires_at > now),
    )


def _row(connection: Connection, key: int) -> Any:
    return connection.execute(select(bookings).where(bookings.c.id == key)).one()


def _by_reference(connection: Connection, reference: str) -> Any:
    return connection.execute(select(bookings).where(bookings.c.reference == reference)).first()


def _made_with(row: Any, contact: Contact) -> bool:
    # Compared even without a row, so that the time taken does not tell which references exist.
    stored = "" if row is None or row.contact is None else f"{row.contact_kind}:{row.contact}"
    given = f"{contact.kind.value}:{contact.value}"
    return hmac.compare_digest(stored.casefold().encode(), given.casefold().encode())


def _unused_reference(connection: Connection) -> str:
    while True:
        reference = new_reference()
        if _by_reference(connection, reference) is None:
            return reference


def _is_overlap(error: IntegrityError) -> bool:
    return "overlap" in str(error.orig)


def _booking(row: Any) -> Booking:
    contact = Contact(Kind(row.contact_kind), row.contact) if row.contact else None
    return Booking(
        reference=row.reference,
        conversation=row.conversation,
        status=Status(row.status),
        service=row.service,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        hold_expires_at=row.hold_expires_at,
        first_name=row.first_name,
        contact=contact,
    )
