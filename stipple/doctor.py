"""What is installed, built, out of date and reachable, in words."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from clinic.database import is_current
from clinic.knowledge.artifact import ArtifactError
from clinic.knowledge.content import ContentError, read_content
from clinic.knowledge.library import Library
from clinic.knowledge.lint import lint
from clinic.profile import ProfileError, load_profile
from clinic.safety import SafetyError, load_country, load_replies, load_screen
from clinic.safety.model import read_examples
from clinic.settings import Settings
from stipple import ports
from stipple.stages import free_gigabytes, stages


@dataclass(frozen=True)
class Finding:
    """One thing looked at: good, bad, or (None) worth knowing."""

    subject: str
    good: bool | None
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything the assistant needs."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info[:2] == (3, 10), f"{python}; Rasa needs 3.10")
    yield Finding("Rasa", None, f"{version('rasa')}, the last open-source line")
    free = free_gigabytes(settings)
    yield Finding("Disk", free > 1, f"{free:.0f} GB free at {settings.home}")
    for stage in stages(settings):
        if stage.title != "Booking database":
            current = stage.current()
            yield Finding(stage.title, current, "up to date" if current else "run `make setup`")
    current = is_current(settings.database_url)
    yield Finding("Booking database", current, "up to date" if current else "run `make setup`")
    yield from _answers(settings)
    yield from _safety(settings)
    for name, host, port in (
        ("Chat server", settings.host, settings.port),
        ("Action server", "127.0.0.1", settings.actions_port),
    ):
        up = ports.is_answering(host, port)
        text = f"answering on {host}:{port}" if up else f"not running on {host}:{port}"
        yield Finding(name, True if up else None, text)


def _answers(settings: Settings) -> Iterator[Finding]:
    try:
        live = Library(settings.published).live()
        yield Finding("Live answers", True, f"{len(live.ids)} answers, version {live.sha[:12]}")
        waiting = sum(1 for a in live.answers.values() if a.reviewed_on is None)
        if waiting:
            text = f"{waiting} answers await the clinic's own review (reviewed_by)"
            yield Finding("Review", None, text)
    except ArtifactError as error:
        yield Finding("Live answers", False, str(error))
    try:
        report = lint(read_content(settings.knowledge), dt.date.today())
        text = (
            "in order"
            if not report.blocking
            else f"{len(report.blocking)} problems: run `stipple check`"
        )
        yield Finding("Edited answers", not report.blocking, text)
    except ContentError as error:
        yield Finding("Edited answers", False, f"{error.findings[0]}")


def _safety(settings: Settings) -> Iterator[Finding]:
    folder = settings.knowledge / "safety"
    try:
        load_screen(folder / "red_flags.yml")
        load_replies(folder / "texts.yml")
        read_examples(folder / "examples.yml")
        country = load_country(
            folder / "countries", load_profile(settings.knowledge / "clinic.yml").country
        )
    except (SafetyError, ProfileError) as error:
        yield Finding("Safety texts", False, str(error))
        return
    yield Finding("Safety texts", True, "rules, texts, examples and country file can be read")
    if country.fallback:
        text = "the clinic's country has no file; generic signposts are shown"
        yield Finding("Emergency numbers", False, text)
    elif country.unchecked(dt.date.today()):
        text = (
            f"the numbers in {country.code}.yml were not checked in the last 90 days: ring or look "
            "them up, then fill in checked_on"
        )
        yield Finding("Emergency numbers", None, text)
    else:
        yield Finding("Emergency numbers", True, f"checked on {country.checked_on}")
