"""The documentation is held to the code: what is there is told, and what is told is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clinic.knowledge import lint
from clinic.knowledge.article import TOPICS
from stipple.cli import main

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "knowledge/**/*.md", "tests/**/*.md")
    for path in PROJECT.glob(pattern)
)
MANUAL = "\n".join(path.read_text("utf-8") for path in [PROJECT / "README.md", *DOCS.glob("*.md")])
KNOWLEDGE = (DOCS / "knowledge.md").read_text("utf-8")
HAZARDS = re.findall(r"^\| \d+ \|.*$", (DOCS / "hazards.md").read_text("utf-8"), re.MULTILINE)
PROOFS = [proof for row in HAZARDS for proof in re.findall(r"`(tests/[^`:]+)::([^`]+)`", row)]
RULES = [
    [cell.strip() for cell in row.strip("| ").split(" | ")]
    for row in re.findall(r"^\| \*\*.*$", KNOWLEDGE, re.MULTILINE)
]
_VARIABLE = re.compile(r"\bSTIPPLE_[A-Z_]*[A-Z]\b")
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")


def test_every_verb_of_the_command_line_is_told_and_no_other() -> None:
    told = set(re.findall(r"(?:`|\.venv/bin/)stipple ([a-z]+)", MANUAL))
    assert told == set(main.commands)


def test_every_verb_of_make_is_told_and_no_other() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", MANUAL, re.MULTILINE)) == verbs


def test_every_setting_is_told_and_no_other() -> None:
    files = [PROJECT / "config.yml"] + [
        path
        for package in ("bot", "clinic", "stipple")
        for suffix in ("py", "yml")
        for path in (PROJECT / package).rglob(f"*.{suffix}")
    ]
    read = {name for path in files for name in _VARIABLE.findall(path.read_text("utf-8"))}
    assert set(_VARIABLE.findall((DOCS / "running.md").read_text("utf-8"))) == read


def test_every_field_of_an_answer_that_a_rule_names_has_its_rule() -> None:
    source = Path(lint.__file__).read_text("utf-8")
    named = set(re.findall(r'Finding\([^,()]+, "(\w+)"', source))
    assert len(named) > 8
    assert named == {rule[1].strip("`") for rule in RULES} - {"the text's"}


def test_the_numbers_of_the_rules_are_told() -> None:
    told = " ".join(rule[0] for rule in RULES)
    assert f"more than {lint.LONGEST_SENTENCE} words" in told
    assert f"more than {lint.LONGEST_SHORT} words" in told
    assert f"Fewer than {lint.FEWEST_PHRASINGS} phrasings" in told
    assert f"Fewer than {lint.FEWEST_ARTICLES} published" in told


def test_every_claim_that_is_told_is_caught() -> None:
    _, _, claims = RULES[0][0].partition(": ")
    for claim in claims.split(", "):
        plain = claim.strip('"')
        assert list(lint.wording_problems(f"It is {plain}.")), claim


@pytest.mark.parametrize("rule", RULES[:2], ids=lambda rule: rule[0])
def test_what_a_rule_catches_and_what_it_advises(rule: list[str]) -> None:
    caught, instead = (cell.strip('"') for cell in rule[2:4])
    assert list(lint.wording_problems(caught))
    assert not list(lint.wording_problems(instead))


def test_every_topic_is_listed_and_every_risk_topic_twice() -> None:
    listed = re.findall(r"`([a-z_]+)`", KNOWLEDGE.partition("Risk topics are:")[2])
    assert set(listed) >= TOPICS
    assert {topic for topic in TOPICS if listed.count(topic) == 2} == lint.RISK_TOPICS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_hazard_log_is_long_enough_and_each_hazard_has_its_proof() -> None:
    assert len(HAZARDS) >= 18
    assert [row for row in HAZARDS if "`tests/" not in row] == []
    assert [int(row.split()[1]) for row in HAZARDS] == list(range(1, len(HAZARDS) + 1))


@pytest.mark.parametrize(("file", "name"), sorted(set(PROOFS)))
def test_every_proof_exists(file: str, name: str) -> None:
    text = (PROJECT / file).read_text("utf-8")
    wanted = rf"def {name}\(" if file.endswith(".py") else rf"- name: {re.escape(name)}$"
    assert re.search(wanted, text, re.MULTILINE)
