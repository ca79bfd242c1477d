"""Everything the staff own, read from the knowledge folder at one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from clinic.knowledge.article import Article, ArticleError, Finding, read_article
from clinic.profile import Profile, ProfileError, load_profile, yaml_problem
from clinic.safety import Country, SafetyError, load_country

# The fixed replies that the bot says by name.
REPLIES = frozenset(
    "greeting thanks goodbye bot_challenge smalltalk human_handoff complaint privacy_request "
    "not_covered not_covered_again out_of_scope clarify reschedule feedback_positive "
    "feedback_negative inform nothing_more unreviewed safe_now".split()
)


@dataclass(frozen=True)
class Source:
    """What an answer rests on; `kind` is study, official, body, trade or clinic."""

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
    findings: list[Finding] = []
    profile: Profile | None = None
    country: Country | None = None
    sources: dict[str, Source] = {}
    articles: dict[str, Article] = {}
    replies: dict[str, str] = {}
    try:
        profile = load_profile(folder / "clinic.yml")
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
    paths = sorted((folder / "articles").glob("*.md"))
    if not paths:
        findings.append(Finding("articles", "folder", "holds no answers; restore it."))
    for path in paths:
        try:
            articles[path.stem] = read_article(path)
        except ArticleError as error:
            findings += error.findings
    if findings or profile is None or country is None:
        raise ContentError(findings)
    return Content(profile, country, sources, articles, replies, fingerprint(folder))


def fingerprint(folder: Path) -> str:
    """Hash every content file by name and bytes: sha256, hex."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".md", ".yml"}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read_sources(path: Path) -> dict[str, Source]:
    findings, sources = [], {}
    for key, entry in _read_mapping(path).items():
        if not isinstance(entry, dict) or not {"title", "publisher", "kind"} <= entry.keys():
            findings.append(Finding(path.name, key, "needs title, publisher and kind."))
            continue
        sources[key] = Source(
            key, str(entry["title"]), str(entry["publisher"]), entry.get("year"), str(entry["kind"])
        )
    if findings:
        raise ContentError(findings)
    return sources


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
        entries = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        remedy = f"cannot be read ({error.strerror}); restore it."
        raise ContentError([Finding(path.name, "file", remedy)]) from None
    except UnicodeDecodeError:
        remedy = "not saved as UTF-8; save the file again as UTF-8."
        raise ContentError([Finding(path.name, "encoding", remedy)]) from None
    except YAMLError as error:
        raise ContentError([Finding(path.name, "text", yaml_problem(error))]) from None
    if not isinstance(entries, dict):
        raise ContentError([Finding(path.name, "text", "should be lines of `name: value`.")])
    return {str(key): value for key, value in entries.items()}


def _split(problem: str) -> tuple[str, str, str]:
    file, _, rest = problem.partition(": ")
    field, _, remedy = rest.partition(": ")
    return file, field if remedy else "file", remedy or rest
