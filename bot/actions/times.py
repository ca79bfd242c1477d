"""Times as visitors read them, and as buttons that they press."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bot import payloads, resources
from bot.actions.base import Button
from clinic.booking.dates import spoken


def when_text(start: dt.datetime) -> str:
    """A time with weekday, date and zone, such as `Tuesday 24 November 2026 at 10:30 (...)`."""
    return spoken(start, resources.profile().zone)


def slot_buttons(starts: Iterable[dt.datetime]) -> list[Button]:
    """One button for each free time, shown in the clinic's zone."""
    zone = resources.profile().zone
    return [
        {
            "title": f"{start.astimezone(zone):%a %-d %b, %H:%M}",
            "payload": payloads.choose_slot(start.isoformat(timespec="minutes")),
        }
        for start in starts
    ]
