"""Everything the staff own, read from the knowledge folder at one moment."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.knowledge.article import Article, ArticleError, Finding, read_article
from clinic.profile import Profile, ProfileError, load_profile
from clinic.safety import Country, SafetyError, load_country, load_replies, load_screen
from clinic.staff_file import StaffFileError, read_mapping

# The fixed replies that the bot says by name.
REPLIES = frozenset(
    "greeting thanks goodbye bot_challenge smalltalk human_handoff complaint privacy_request "
    "not_covered not_covered_again out_of_scope clarify reschedule feedback_positive "
    "feedback_negative inform nothing_more unreviewed safe_now".split()
)
KINDS = ("study", "official", "body", "trade", "clinic")


@dataclass(frozen=True)
class Source:
    """What an answer rests on; `kind` is one of KINDS."""

    key: str
    title: str
    publisher: str
    year: int | None
    kind: str


class ContentError(ValueError):
    """The knowledge folder cannot be read; `findings` lists every problem."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


@dataclass(frozen=True)
class Content:
    """The clinic's facts, its country's signposts, the sources and all articles by id."""

    profile: Profile
    country: Country
    sources: Mapping[str, Source]
    articles: Mapping[str, Article]
    replies: Mapping[str, str]  # fixed replies by name, as Jinja templates
    fingerprint: str  # sha256 over the files: the same content always has the same one

    def facts(self) -> dict[str, Any]:
        """What an answer's `{{ … }}` can name."""
        return {"clinic": self.profile.for_answers(), "country": self.country}

    @property
    def published(self) -> list[Article]:
        """The articles that visitors may see, by id."""
        return [a for _, a in sorted(self.articles.items()) if a.status == "published"]


def read_content(folder: Path) -> Content:
    """Read the knowledge folder; raise ContentError with every problem in every file."""
    # Taken first: what is edited while we read is then seen as a change, never overlooked.
    taken = fingerprint(folder)
    findings: list[Finding] = []
    profile: Profile | None = None
    country: Country | None = None
    sources: dict[str, Source] = {}
    articles: dict[str, Article] = {}
    replies: dict[str, str] = {}
    try:
        profile = load_profile(folder / "clinic.yml")
        load_screen(folder / "safety" / "red_flags.yml")
        load_replies(folder / "safety" / "texts.yml")
        country = load_country(folder / "safety" / "countries", profile.country)
    except ProfileError as error:
        findings += [Finding(*_split(problem)) for problem in error.problems]
    except SafetyError as error:
        findings.append(Finding("safety", "country", str(error)))
    try:
        sources = _read_sources(folder / "sources.yml")
    except ContentError as error:
        findings += error.findings
    try:
        replies = _read_replies(folder / "replies.yml")
    except ContentError as error:
        findings += error.findings
    # Hidden files are what editors and Macs leave beside the real ones.
    paths = sorted(p for p in (folder / "articles").glob("*.md") if not p.name.startswith("."))
    if not paths:
        findings.append(Finding("articles", "folder", "holds no answers; restore it."))
    for path in paths:
        try:
            articles[path.stem] = read_article(path)
        except ArticleError as error:
            findings += error.findings
    if findings or profile is None or country is None:
        raise ContentError(findings)
    return Content(profile, country, sources, articles, replies, taken)


def fingerprint(folder: Path) -> str:
    """Hash every content file by name and bytes: sha256, hex.

    A file that cannot be read counts as empty here; reading the content then names it.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".md", ".yml"}):
        content = b""
        with contextlib.suppress(OSError):
            content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read_sources(path: Path) -> dict[str, Source]:
    findings, sources = [], {}
    for key, entry in _read_mapping(path).items():
        source = _source(key, entry) if isinstance(entry, dict) else None
        if source is None:
            remedy = (
                "needs title, publisher and kind as text, the year as a number if there is one, "
                f"and nothing else; kind is one of {', '.join(KINDS)}."
            )
            findings.append(Finding(path.name, key, remedy))
        else:
            sources[key] = source
    if findings:
        raise ContentError(findings)
    return sources


def _source(key: str, entry: dict[str, Any]) -> Source | None:
    texts = [entry.get(name) for name in ("title", "publisher", "kind")]
    year = entry.get("year")
    good = (
        all(isinstance(text, str) and text.strip() for text in texts)
        and (year is None or type(year) is int)
        and entry["kind"] in KINDS
        and entry.keys() <= {"title", "publisher", "kind", "year"}
    )
    return Source(key, entry["title"], entry["publisher"], year, entry["kind"]) if good else None


def _read_replies(path: Path) -> dict[str, str]:
    replies = _read_mapping(path)
    findings = [
        Finding(path.name, name, "is missing; restore this line.")
        for name in sorted(REPLIES - replies.keys())
    ] + [
        Finding(path.name, name, "should be text; put it in quotes.")
        for name, text in replies.items()
        if not isinstance(text, str) or not text.strip()
    ]
    if findings:
        raise ContentError(findings)
    return replies


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        return read_mapping(path)
    except StaffFileError as error:
        raise ContentError([Finding(path.name, error.field, error.remedy)]) from None


def _split(problem: str) -> tuple[str, str, str]:
    file, _, rest = problem.partition(": ")
    field, _, remedy = rest.partition(": ")
    return file, field if remedy else "file", remedy or rest
