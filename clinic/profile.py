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
from pydantic import BaseModel, Extra, Field, ValidationError, validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


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

    name: str = Field(..., min_length=1, max_length=120)
    country: str = Field(..., min_length=1, max_length=20)
    language: str = "en"
    time_zone: str
    phone: str
    email: str
    website: str = ""
    address: str = ""
    directions: str = ""
    hours: dict[str, list[str]]
    closed_on: list[dt.date] = []
    holidays: str | None = None
    booking: Booking = Field(default_factory=Booking)
    facts: dict[str, int | str] = {}

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
            raise ValueError(f"{value!r} is not an e-mail address ({error})") from error

    @validator("hours")
    def _opening_hours(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:  # noqa: N805
        for day, spans in value.items():
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is not a weekday; write monday to sunday")
            last = ""
            for span in spans:
                if not _SPAN.match(span) or span[:5] >= span[6:]:
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
            except (NotImplementedError, KeyError) as error:
                raise ValueError(
                    f"{value!r} is unknown; write one such as GB-ENG or US-CA"
                ) from error
        return value or None

    @validator("phone")
    def _some_phone(cls, value: str) -> str:  # noqa: N805
        if sum(c.isdigit() for c in value) < 3:
            raise ValueError(f"{value!r} is not a phone number")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def phone_region(self) -> str:
        """The region that bare phone numbers belong to, such as GB."""
        region = self.country[:2].upper()
        return region if region in phonenumbers.SUPPORTED_REGIONS else "GB"

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
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProfileError(
            [f"{path.name}: the file is missing; restore it from your backup."]
        ) from None
    except UnicodeDecodeError:
        raise ProfileError([f"{path.name}: not saved as UTF-8; save it again as UTF-8."]) from None
    except YAMLError as error:
        raise ProfileError([f"{path.name}: {yaml_problem(error)}"]) from None
    if not isinstance(data, dict):
        raise ProfileError([f"{path.name}: should be lines of `name: value`."])
    try:
        return Profile(**data)
    except ValidationError as error:
        raise ProfileError(
            [
                f"{path.name}: {' > '.join(str(part) for part in problem['loc'])}: {problem['msg']}."
                for problem in error.errors()
            ]
        ) from None


def yaml_problem(error: YAMLError, below: int = 0) -> str:
    """Say where YAML could not be read, in one line; `below` lines stand above the text."""
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1 + below}" if mark is not None else "somewhere"
    problem = getattr(error, "problem", None) or "cannot be read"
    return f"{where} is not readable ({problem}); check quotes, colons and indentation there."
