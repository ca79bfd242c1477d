"""Emergency numbers of one country, from `countries/<CODE>.yml`."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Extra, Field, ValidationError

from clinic.safety.alert import SafetyError, read_mapping

GENERIC = "generic"


@dataclass(frozen=True)
class CrisisLine:
    """One line for people in crisis; `call` and `text` say how, either may be empty."""

    name: str
    call: str = ""
    text: str = ""
    hours: str = ""

    def __str__(self) -> str:
        ways = " or ".join(
            way
            for way in (self.call and f"call {self.call}", self.text and f"text {self.text}")
            if way
        )
        return f"{self.name}: {ways}" + (f" ({self.hours})" if self.hours else "")


@dataclass(frozen=True)
class Country:
    """What the safety texts quote. `fallback` says that the clinic's own country has no file."""

    code: str
    name: str
    emergency_number: str
    urgent_advice: str
    crisis: tuple[CrisisLine, ...]
    elsewhere: str
    checked_on: dt.date | None
    owner: str | None
    fallback: bool = False

    @property
    def crisis_lines(self) -> str:
        """The crisis lines as one sentence part, or words that lead to help without a number."""
        return "; ".join(map(str, self.crisis)) or ("your doctor, or a crisis line in your country")

    def unchecked(self, today: dt.date, after_days: int = 90) -> bool:
        """Whether someone at the clinic should check the numbers again."""
        return self.checked_on is None or (today - self.checked_on).days > after_days


class _Line(BaseModel, extra=Extra.forbid):
    name: str = Field(..., min_length=1)
    call: str = ""
    text: str = ""
    hours: str = ""


class _File(BaseModel, extra=Extra.forbid):
    code: str = Field(..., min_length=1)
    name: str = Field(..., min_length=1)
    emergency_number: str = Field(..., min_length=1)
    urgent_advice: str = Field(..., min_length=1)
    crisis: list[_Line] = []
    elsewhere: str = Field(..., min_length=1)
    checked_on: dt.date | None = None
    owner: str | None = None


def load_country(folder: Path, code: str) -> Country:
    """Read the file of a country such as GB (or GB-SCT: the country part decides).

    Falls back to `generic.yml` and sets `fallback`; raises SafetyError on a file it cannot use.
    """
    short = code.strip().upper()[:2]
    path = folder / f"{short}.yml"
    known = bool(re.fullmatch(r"[A-Z]{2}", short)) and path.is_file()
    if not known:
        path = folder / f"{GENERIC}.yml"
    try:
        file = _File(**read_mapping(path))
    except ValidationError as error:
        problem = error.errors()[0]
        field = " > ".join(str(part) for part in problem["loc"])
        raise SafetyError(f"{path.name}: {field}: {problem['msg']}; correct it.") from None
    return Country(
        code=file.code,
        name=file.name,
        emergency_number=file.emergency_number,
        urgent_advice=file.urgent_advice,
        crisis=tuple(CrisisLine(**line.dict()) for line in file.crisis),
        elsewhere=file.elsewhere,
        checked_on=file.checked_on,
        owner=file.owner,
        fallback=not known and code.strip().lower() != GENERIC,
    )
