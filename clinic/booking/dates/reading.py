"""From the pieces of a phrase to what it means."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import dateparser

from clinic.booking.dates.pieces import (
    DAY,
    Link,
    Moment,
    Part,
    Piece,
    Span,
    Weekday,
    coming,
    one,
)
from clinic.booking.dates.rules import Reference
from clinic.booking.dates.scan import scan
from clinic.booking.dates.when import Days, Hours, When
from clinic.booking.dates.words import normalise

LONGEST = 1000
_EDGES = (Link.AFTER, Link.FROM, Link.BEFORE, Link.BY)
# A written date, not a sentence: digits and at most one word, such as 20261125 or 25-Nov-26.
_WRITTEN = re.compile(r"(?=.*\d)[\d\s.,:/\-]*(?:[a-z]{1,9}[\d\s.,:/\-]*){0,2}")


def read_when(text: str, now: dt.datetime, zone: ZoneInfo, day_first: bool = True) -> When | None:
    """Read what a visitor's words say about the time of an appointment; None if nothing.

    `now` is aware. Dates lie in the future, bare hours in the day (3 is 15:00). `day_first` is
    the likelier order of 3/4; the other one is kept among the alternatives.
    """
    ref = Reference(now.astimezone(zone).date(), day_first)
    phrase = normalise(text[:LONGEST])
    pieces = _join(scan(phrase, ref), ref)
    choices = _choices(pieces)
    found = [when for part in choices if (when := _both_readings(part, ref))]
    if not found:
        return _second_opinion(phrase, now.astimezone(zone), day_first)
    flat = [reading for when in found for reading in when.readings]
    first, *others = dict.fromkeys(replace(reading, alternatives=()) for reading in flat)
    return replace(first, alternatives=tuple(others))


def _choices(pieces: list[Piece]) -> list[list[Piece]]:
    """Cut at "or" when both sides name a day and a time of their own."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece is Link.OR:
            parts.append([])
        else:
            parts[-1].append(piece)

    def whole(part: list[Piece]) -> bool:
        return any(isinstance(p, Span | Weekday) for p in part) and any(
            isinstance(p, Moment | Part) or p is Link.ANY for p in part
        )

    if len(parts) > 1 and all(whole(part) for part in parts) and Link.NOT not in pieces:
        return parts
    return [pieces]


def _join(pieces: list[Piece], ref: Reference) -> list[Piece]:
    """Join what belongs together: "friday the 27th", "monday to wednesday", "after the 25th"."""
    return _edges(_ranges(_agree(pieces, ref), ref), ref)


def _agree(pieces: list[Piece], ref: Reference) -> list[Piece]:
    """Let a weekday beside a date check it; where they disagree, keep both as readings."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is Link.STOP and len(joined) > 1:
            last = joined[-2]
        pair = (last, piece)
        match pair:
            case (Weekday() as weekday, Span() as span) | (
                Span() as span,
                Weekday() as weekday,
            ) if span.single and not weekday.recurring:
                if joined[-1] is Link.STOP and isinstance(piece, Weekday):
                    joined.append(piece)  # "the 25th, or friday" names two days
                    continue
                while joined.pop() is not last:
                    pass
                joined.append(_checked(weekday, span, ref))
            case _:
                joined.append(piece)
    return joined


def _checked(weekday: Weekday, span: Span, ref: Reference) -> Span:
    agreeing = tuple(d for d in span.readings if d.first.weekday() in weekday.numbers)
    if agreeing:
        return Span(agreeing)
    return Span((*span.readings, *(one(_soon(number, ref)) for number in weekday.numbers)))


def _soon(number: int, ref: Reference) -> dt.date:
    # Who means today says "today": a bare weekday is at least tomorrow.
    return coming(ref.today, number, least=1)


def _ranges(pieces: list[Piece], ref: Reference) -> list[Piece]:
    joined: list[Piece] = []
    between = False
    for piece in pieces:
        between = piece is Link.BETWEEN or (between and piece is not Link.STOP)
        to = joined[-1] if joined else None
        joins = to is Link.TO or to is Link.BY or (between and to is Link.AND)
        if (
            joins
            and len(joined) > 1
            and (first := _as_day(joined[-2], ref))
            and (last := _as_day(piece, ref, first))
        ):
            del joined[-2:]
            if joined and joined[-1] in (Link.BETWEEN, Link.FROM):
                joined.pop()
            joined.append(Span((one(last) if Link.MOVE in pieces else Days(first, last),)))
        else:
            joined.append(piece)
    return joined


def _as_day(piece: Piece, ref: Reference, after: dt.date | None = None) -> dt.date | None:
    if isinstance(piece, Weekday) and len(piece.numbers) == 1:
        (number,) = piece.numbers
        return coming(after, number) if after else _soon(number, ref)
    if isinstance(piece, Span) and piece.single:
        day = piece.readings[0].first
        return None if after and day < after else day
    return None


def _edges(pieces: list[Piece], ref: Reference) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        edge = joined[-1] if joined else None
        if edge in _EDGES and isinstance(piece, Span | Weekday):
            if isinstance(piece, Weekday):
                piece = Span(tuple(one(_soon(number, ref)) for number in sorted(piece.numbers)))
            joined[-1] = Span(tuple(_open(edge, days, ref) for days in piece.readings))
        elif piece is Link.ONWARDS and isinstance(edge, Span):
            joined[-1] = Span(tuple(Days(days.first) for days in edge.readings))
        else:
            joined.append(piece)
    return joined


def _open(edge: Piece | None, days: Days, ref: Reference) -> Days:
    if edge is Link.FROM:
        return Days(days.first)
    if edge is Link.AFTER:
        return Days((days.last or days.first) + DAY)
    if edge is Link.BEFORE:
        return Days(ref.today, max(ref.today, days.first - DAY))
    return Days(ref.today, days.last)


def _both_readings(pieces: list[Piece], ref: Reference) -> When | None:
    readings = max((len(p.readings) for p in pieces if isinstance(p, Span)), default=1)
    found = [when for n in range(readings) if (when := _assemble(pieces, ref, n))]
    if not found:
        return None
    first, *others = dict.fromkeys(found)
    return replace(first, alternatives=tuple(others))


def _assemble(pieces: list[Piece], ref: Reference, reading: int) -> When | None:
    """Put one reading together, left to right."""
    days: list[Days] = []
    weekdays: list[Weekday] = []
    hours: list[Hours] = []
    not_days: list[Days] = []
    not_weekdays: set[int] = set()
    not_hours: list[Hours] = []
    part = next((p.hours for p in pieces if isinstance(p, Part)), None)
    refused = _refused_after(pieces)
    negated = said = apart = False
    for number, piece in enumerate(pieces):
        no = negated or number in refused
        match piece:
            case Link.NOT:
                negated, said = True, False
            case Link.STOP:
                negated = False
            case Link.OTHER:
                negated = negated and not said
            case Link.OR:
                apart = True
            case Span():
                chosen = piece.readings[min(reading, len(piece.readings) - 1)]
                (not_days if no else days).append(chosen)
                said = True
            case Weekday() if no:
                not_weekdays |= piece.numbers
                said = True
            case Weekday():
                weekdays.append(piece)
                said = True
            case Moment() | Part():
                new = piece.hours(part) if isinstance(piece, Moment) else piece.hours
                if no and not (not_days or not_weekdays):
                    not_hours.append(new)
                elif no:
                    pass  # "not tuesday at 3" says nothing about 3 on other days
                else:
                    hours = _narrow(hours, new, apart)
                said, apart = True, False
    days, filters = _with_weekdays(days, weekdays, ref)
    when = When(
        days=tuple(dict.fromkeys(days)),
        weekdays=filters,
        hours=tuple(dict.fromkeys(hours)),
        not_days=tuple(not_days),
        not_weekdays=frozenset(not_weekdays),
        not_hours=tuple(not_hours),
        soonest=Link.SOONEST in pieces,
    )
    if Link.PAST in pieces and not when.days and not when.weekdays:
        return None
    return when if when != When() or Link.ANY in pieces else None


def _refused_after(pieces: list[Piece]) -> set[int]:
    """Find what "monday and tuesday don't work" refuses: it stands before the refusal."""
    refused: set[int] = set()
    for number, piece in enumerate(pieces):
        back = number - 1
        while piece is Link.NOT_THAT and back >= 0:
            if isinstance(pieces[back], Link) and pieces[back] not in (Link.AND, Link.OR):
                break
            refused.add(back)
            back -= 1
    return refused


def _narrow(hours: list[Hours], new: Hours, apart: bool) -> list[Hours]:
    """Take "after 3" and "before 5" together, unless an "or" or their sense keeps them apart."""
    if apart or not hours:
        return [*hours, new]
    both = [common for old in hours if (common := _common(old, new))]
    return both or [*hours, new]


def _common(one_: Hours, other: Hours) -> Hours | None:
    if one_.at is not None and one_.at in other:
        return one_
    if other.at is not None and other.at in one_:
        return other
    since = max((h.since for h in (one_, other) if h.since), default=None)
    until = min((h.until for h in (one_, other) if h.until), default=None)
    if one_.at or other.at or (since and until and since >= until):
        return None
    return Hours(since, until)


def _with_weekdays(
    days: list[Days], weekdays: list[Weekday], ref: Reference
) -> tuple[list[Days], frozenset[int]]:
    """Let weekdays pick from the week or month beside them; alone, they are the coming ones."""
    numbers = frozenset(number for weekday in weekdays for number in weekday.numbers)
    if not numbers:
        return days, numbers
    spans = [span for span in days if span.first != span.last]
    if spans:
        picked = [one(day) for span in spans for day in _short(span) if day.weekday() in numbers]
        if picked:
            return [*picked, *(d for d in days if d.first == d.last)], frozenset()
        return days, numbers
    if any(weekday.recurring for weekday in weekdays) and not days:
        return days, numbers
    return [*days, *(one(_soon(n, ref)) for w in weekdays for n in sorted(w.numbers))], frozenset()


def _short(span: Days) -> list[dt.date]:
    if span.last is None or (span.last - span.first).days >= 14:
        return []
    return [span.first + n * DAY for n in range((span.last - span.first).days + 1)]


def _second_opinion(phrase: str, local: dt.datetime, day_first: bool) -> When | None:
    """Ask dateparser about a whole written date that the grammar does not know."""
    if len(phrase) > 40 or not _WRITTEN.fullmatch(phrase):
        return None
    found = dateparser.parse(
        phrase,
        date_formats=["%Y%m%d"],
        languages=["en"],
        settings={
            "STRICT_PARSING": True,
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "DMY" if day_first else "MDY",
            "RELATIVE_BASE": local.replace(tzinfo=None),
            "PARSERS": ["absolute-time"],
        },
    )
    if found is None:
        return None
    if found.tzinfo is not None:
        found = found.astimezone(local.tzinfo)
    today = local.date()
    if not today <= found.date() <= today + 800 * DAY:
        return None
    clock = found.time().replace(second=0, microsecond=0, tzinfo=None)
    hours = (Hours(clock, clock, clock),) if clock != dt.time(0) else ()
    return When(days=(one(found.date()),), hours=hours)
