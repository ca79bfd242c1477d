"""One answer: a Markdown file with front matter, read and checked field by field."""

from __future__ import annotations

import datetime as dt
import re
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.staff_file import StaffFileError, parse_mapping, read_text

TOPICS = frozenset(
    "what_is_smp how_it_works consultation preparation pigment_and_colour technique_and_layering "
    "hairline_design sessions_number_spacing session_duration pain_and_numbing allergy_test "
    "allergic_reaction_risk infection_and_safety fading_and_colour_change side_effects_general "
    "healing_and_redness aftercare_washing aftercare_sun_sweat_swim aftercare_products_shaving "
    "work_and_downtime longevity touch_ups maintenance removal_and_correction cost_and_payment "
    "candidacy_who_for women alopecia scars hair_transplant_combo long_hair_density "
    "grey_or_blonde_hair dark_skin contraindications_medical age smp_vs_tattoo smp_vs_transplant "
    "smp_vs_other hair_growth_effect benefits_confidence looks_natural non_surgical "
    "practitioner_choice_and_training mri_and_medical_procedures location_hours "
    "results_photos".split()
)
_SHOWN = reprlib.Repr()  # a staff member's slip may be long; a message stays short
_SHOWN.maxstring = _SHOWN.maxother = 60
STATUSES = ("draft", "published", "archived")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FIELDS = {
    "title", "topics", "phrasings", "short", "get_help", "sources", "related",
    "reviewed_by", "reviewed_on", "review_by", "status",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something to put right, in staff language: which file, which field, what to do."""

    file: str
    field: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.remedy}"


class ArticleError(ValueError):
    """An article that cannot be read; `findings` says why and what to do."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


@dataclass(frozen=True)
class Article:
    """One answer as staff wrote it; `short`, `get_help` and `details` are Jinja templates."""

    id: str
    title: str
    topics: tuple[str, ...]
    phrasings: tuple[str, ...]
    short: str
    get_help: str
    details: str
    sources: tuple[str, ...]
    related: tuple[str, ...]
    reviewed_by: str | None
    reviewed_on: dt.date | None
    review_by: dt.date
    status: str

    @property
    def file(self) -> str:
        """The file's name, as shown to staff."""
        return f"{self.id}.md"


def read_article(path: Path) -> Article:
    """Read one article file; raise ArticleError naming every field that is wrong."""
    try:
        return parse_article(path.stem, read_text(path))
    except StaffFileError as error:
        raise ArticleError([Finding(path.name, error.field, error.remedy)]) from None


def parse_article(identifier: str, text: str) -> Article:
    """Parse an article's text; raise ArticleError naming every field that is wrong."""
    file = f"{identifier}.md"
    parts = re.split(r"^---[ \t]*$\n?", text.replace("\r\n", "\n"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) < 3 or parts[0].strip():
        remedy = "should begin with a line ---, the fields, and another line ---."
        raise ArticleError([Finding(file, "front matter", remedy)])
    try:
        fields = parse_mapping(parts[1], below=parts[0].count("\n") + 1)
    except StaffFileError as error:
        raise ArticleError([Finding(file, "front matter", error.remedy)]) from None
    return _Reader(identifier, file, fields).article(parts[2].strip())


class _Reader:
    """Takes the fields out one by one and collects what is wrong with each."""

    def __init__(self, identifier: str, file: str, fields: dict[str, Any]) -> None:
        self._id = identifier
        self._file = file
        self._fields = fields
        self._findings: list[Finding] = []

    def article(self, details: str) -> Article:
        if not _ID.fullmatch(self._id):
            self._say(
                "file name", "use small letters, digits and hyphens, such as pain-numbing.md."
            )
        for name in self._fields:
            if name not in _FIELDS:
                remedy = f"is not a field of an answer; known: {', '.join(sorted(_FIELDS))}."
                self._say(_SHOWN.repr(name), remedy)
        status = self._text("status") or "draft"
        if status not in STATUSES:
            self._say("status", f"is {_SHOWN.repr(status)}; write {', '.join(STATUSES)}.")
        topics = self._list("topics", 1, 3)
        for topic in topics:
            if topic not in TOPICS:
                remedy = f"{_SHOWN.repr(topic)} is not a topic; see docs/knowledge.md for the list."
                self._say("topics", remedy)
        review_by = self._date("review_by")
        if review_by is None and not self._has_finding("review_by"):
            self._say("review_by", "is missing; write the date of the next review, as 2027-05-21.")
        article = Article(
            id=self._id,
            title=self._text("title", required=True),
            topics=topics,
            phrasings=self._list("phrasings", 1, 1000),
            short=self._text("short", required=True),
            get_help=self._text("get_help"),
            details=details,
            sources=self._list("sources", 1, 20),
            related=self._list("related", 0, 6),
            reviewed_by=self._text("reviewed_by") or None,
            reviewed_on=self._date("reviewed_on"),
            review_by=review_by or dt.date.min,
            status=status,
        )
        if self._findings:
            raise ArticleError(self._findings)
        return article

    def _say(self, field: str, remedy: str) -> None:
        self._findings.append(Finding(self._file, field, remedy))

    def _has_finding(self, field: str) -> bool:
        return any(finding.field == field for finding in self._findings)

    def _text(self, name: str, required: bool = False) -> str:
        value = self._fields.get(name)
        if value is None:
            if required:
                self._say(name, "is missing; add a line for it.")
            return ""
        if not isinstance(value, str):
            self._say(name, f"should be text, not {_SHOWN.repr(value)}; put it in quotes.")
            return ""
        if required and not value.strip():
            self._say(name, "is empty; fill it in.")
        return value.strip()

    def _list(self, name: str, least: int, most: int) -> tuple[str, ...]:
        value = self._fields.get(name)
        if value is None:
            value = []
        if not isinstance(value, list):
            self._say(name, "should be a list, one entry a line beginning with `- `.")
            return ()
        for entry in value:
            if not isinstance(entry, str) or not entry.strip():
                shown = _SHOWN.repr(entry)
                self._say(name, f"has an entry that is not text ({shown}); put it in quotes.")
                return ()
        if not least <= len(value) <= most:
            has = f"has {len(value)} entries" if value else "is missing"
            self._say(name, f"{has}; write {least} to {most}.")
        return tuple(entry.strip() for entry in value)

    def _date(self, name: str) -> dt.date | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            self._say(name, f"is {_SHOWN.repr(value)}; write a date as 2027-05-21.")
            return None
        return value
