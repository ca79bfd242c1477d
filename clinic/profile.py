"""The clinic's own facts, read from `knowledge/clinic.yml` and checked in staff language."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import holidays
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, Extra, Field, StrictInt, StrictStr, ValidationError, validator

from clinic.staff_file import StaffFileError, read_mapping

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_FACT = re.compile(r"[a-z][a-z0-9_]*")
_QUOTE = "should be text; put it in quotes"


class ProfileError(ValueError):
    """What is wrong in clinic.yml, one problem a line: file, field and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Booking(BaseModel, extra=Extra.forbid):
    """How consultations are booked; minutes, hours and days as the names say."""

    service: str = "Consultation"
    length_minutes: int = Field(default=45, ge=5, le=600)
    buffer_minutes: int = Field(default=15, ge=0, le=240)
    every_minutes: int = Field(default=30, ge=5, le=240)
    notice_hours: int = Field(default=24, ge=0, le=720)
    horizon_days: int = Field(default=60, ge=1, le=730)
    hold_minutes: int = Field(default=10, ge=1, le=120)
    cancel_notice_hours: int = Field(default=24, ge=0, le=720)


class Profile(BaseModel, extra=Extra.forbid):
    """One clinic. `facts` are the lines that answers quote."""

    # Strict, because YAML reads 02079460958 as a number and drops the nought that people dial.
    name: StrictStr = Field(..., min_length=1, max_length=120)
    country: StrictStr
    language: StrictStr = "en"
    time_zone: StrictStr
    phone: StrictStr
    email: StrictStr
    website: StrictStr = ""
    address: StrictStr = ""
    directions: StrictStr = ""
    hours: dict[str, list[str]]
    closed_on: list[dt.date] = []
    holidays: str | None = None
    booking: Booking = Field(default_factory=Booking)
    facts: dict[str, StrictInt | StrictStr] = {}

    @validator("country")
    def _known_country(cls, value: str) -> str:  # noqa: N805
        code, _, part = value.strip().upper().partition("-")
        if code not in phonenumbers.SUPPORTED_REGIONS or (part and not part.isalnum()):
            raise ValueError(
                f"{value!r} is not a country code; write two letters such as GB (not UK) or US"
            )
        return value.strip().upper()

    @validator("time_zone")
    def _known_zone(cls, value: str) -> str:  # noqa: N805
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone; write one such as Europe/London")
        return value

    @validator("email")
    def _real_email(cls, value: str) -> str:  # noqa: N805
        try:
            # `.example` is reserved for samples such as the starter file's own address.
            return validate_email(
                value, check_deliverability=False, test_environment=True
            ).normalized
        except EmailNotValidError as error:
            raise ValueError(
                f"{value!r} cannot be used; write one such as hello@clinic.com"
            ) from error

    @validator("hours")
    def _opening_hours(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:  # noqa: N805
        for day, spans in value.items():
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is not a weekday; write monday to sunday")
            last = ""
            for span in spans:
                if not _SPAN.fullmatch(span) or span[:5] >= span[6:]:
                    raise ValueError(f'{day}: {span!r} should look like "09:00-17:00"')
                if span[:5] < last:
                    raise ValueError(f"{day}: {span!r} begins before the span above it ends")
                last = span[6:]
        return value

    @validator("holidays")
    def _known_region(cls, value: str | None) -> str | None:  # noqa: N805
        if value:
            country, _, region = value.partition("-")
            try:
                holidays.country_holidays(country, subdiv=region or None, years=2026)
            except (NotImplementedError, KeyError, TypeError) as error:
                raise ValueError(
                    f"{value!r} is unknown; write one such as GB-ENG or US-CA"
                ) from error
        return value or None

    @validator("phone")
    def _some_phone(cls, value: str) -> str:  # noqa: N805
        if sum(c.isdigit() for c in value) < 3:
            raise ValueError(
                f"{value!r} is not a phone number; write it as visitors dial it, in quotes"
            )
        return value

    @validator("closed_on", pre=True, each_item=True)
    def _whole_day(cls, value: object) -> object:  # noqa: N805
        # Left alone, a plain number such as 20261228 would count as seconds since 1970.
        if type(value) is not dt.date and not isinstance(value, str):
            raise ValueError(f"{value!r} is not a date; write one as 2026-12-28")
        return value

    @validator("facts", pre=True)
    def _quotable(cls, value: object) -> object:  # noqa: N805
        for name, fact in value.items() if isinstance(value, dict) else ():
            if not _FACT.fullmatch(str(name)):
                raise ValueError(
                    f"{name!r} cannot be quoted; use small letters, digits and _ in a fact's name"
                )
            if not isinstance(fact, int | str) or isinstance(fact, bool) or fact == "":
                raise ValueError(f"{name}: {fact!r} {_QUOTE}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def phone_region(self) -> str:
        """The region that bare phone numbers belong to, such as GB."""
        return self.country[:2]

    @property
    def hours_text(self) -> str:
        """Opening hours as one sentence part: `Monday to Wednesday 09:00 to 17:00, ...`."""
        runs: list[tuple[list[str], str]] = []
        for day in WEEKDAYS:
            spans = self.hours.get(day, [])
            text = " and ".join(s.replace("-", " to ") for s in spans)
            if not text:
                runs.append(([], ""))
            elif runs and runs[-1][1] == text:
                runs[-1][0].append(day.capitalize())
            else:
                runs.append(([day.capitalize()], text))
        parts = [
            (days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}") + f" {text}"
            for days, text in runs
            if days
        ]
        return ", ".join(parts) or "by appointment"

    def for_answers(self) -> dict[str, Any]:
        """What `{{ clinic.… }}` can name in an answer."""
        names = ("name", "phone", "email", "website", "address", "directions", "hours_text")
        return {name: getattr(self, name) for name in names} | {"facts": dict(self.facts)}


def load_profile(path: Path) -> Profile:
    """Read clinic.yml; raise ProfileError with every problem found."""
    try:
        lines = read_mapping(path)
        # A line left empty is as good as no line.
        return Profile(**{name: value for name, value in lines.items() if value is not None})
    except StaffFileError as error:
        raise ProfileError([f"{path.name}: {error}"]) from None
    except ValidationError as error:
        raise ProfileError([f"{path.name}: {_told(p)}" for p in error.errors()]) from None


# What pydantic reports, in words that name the remedy.
_REMEDIES = {
    "value_error.missing": "is missing; add a line for it",
    "value_error.extra": "is not a line that is used here; correct its name or take it out",
    "value_error.any_str.min_length": "is empty; fill it in",
    "value_error.any_str.max_length": "is too long; use at most {limit_value} letters",
    "value_error.number.not_ge": "is too small; write {limit_value} or more",
    "value_error.number.not_le": "is too large; write {limit_value} or less",
    "value_error.date": "is not a date; write one as 2026-12-28",
    "type_error.integer": "should be a whole number",
    "type_error.str": _QUOTE,
    "type_error.none.not_allowed": "is empty; fill it in or take the line out",
    "type_error.list": "should be a list, in square brackets",
    "type_error.dict": "should be lines of `name: value`, set in by two spaces",
}


def _told(problem: Any) -> str:
    where = " > ".join(str(part + 1 if isinstance(part, int) else part) for part in problem["loc"])
    remedy = _REMEDIES.get(problem["type"], problem["msg"])
    return f"{where}: {remedy.format(**problem.get('ctx', {}))}."
