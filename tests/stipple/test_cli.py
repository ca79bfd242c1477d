"""Each verb, run as a user runs it: what it says, how it ends, and what it leaves behind."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from built_home import BuiltHome


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a verb ends with when it cannot do as told."""
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert last.startswith("Error: ")
    return last


def live(built: BuiltHome) -> str:
    return (built.home / "knowledge" / "current").read_text().strip()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def article(built: BuiltHome) -> Path:
    return built.knowledge / "articles" / "pain-numbing.md"


def test_check_passes_what_is_shipped(built: BuiltHome) -> None:
    done = built.run("check")
    assert done.returncode == 0, done.stderr
    assert "answers are in order." in done.stdout


def test_check_names_file_field_and_remedy_on_one_line(built: BuiltHome, article: Path) -> None:
    edit(article, "\nsources: [", "\nsources: [NO-SUCH-SOURCE, ")
    edit(article, "It can hurt a little", "It is painless")
    done = built.run("check")
    assert "2 things to put right" in refusal(done)
    found = [line for line in done.stderr.splitlines() if line.startswith("pain-numbing.md: ")]
    assert {line.split(": ")[1] for line in found} == {"sources", "short"}
    assert all(len(line.split(": ", 2)[2]) > 10 for line in found)


def test_a_broken_edit_leaves_the_live_answers_alone(built: BuiltHome, article: Path) -> None:
    before = live(built)
    edit(article, "\ntopics: [", "\ntopics [")
    done = built.run("publish")
    assert "the answers that were live are unchanged" in refusal(done)
    assert "pain-numbing.md" in done.stderr
    assert live(built) == before


def test_publish_and_back(built: BuiltHome, article: Path) -> None:
    before = live(built)
    assert "nothing has changed" in built.run("publish").stdout
    edit(article, "It can hurt a little", "It can sting a little")
    done = built.run("publish")
    assert done.returncode == 0, done.stderr
    assert "are live now" in done.stdout
    assert done.stderr == ""
    published = live(built)
    assert published != before
    done = built.run("rollback")
    assert f"Back to version {before[:12]}" in done.stdout
    assert live(built) == before
    assert "It can sting a little" in article.read_text(encoding="utf-8")


def test_rollback_without_an_earlier_version_says_so(built: BuiltHome) -> None:
    before = live(built)
    for blob in (built.home / "knowledge" / "blobs").iterdir():
        if blob.stem != before:
            blob.unlink()
    done = built.run("rollback")
    refusal(done)
    assert "there is no earlier version" in done.stderr
    assert live(built) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tomorrow", "at", "3pm"], ", at 15:00"),
        (["cheese"], "No time found in that."),
        (["[/red]"], "No time found in that."),
    ],
)
def test_when_explains_a_time(built: BuiltHome, words: list[str], said: str) -> None:
    done = built.run("when", *words)
    assert done.returncode == 0
    assert said in done.stdout


def test_doctor_finds_a_build_healthy(built: BuiltHome) -> None:
    built.run("setup")
    done = built.run("doctor")
    assert done.returncode == 0, done.stdout
    for subject in ("Python", "Answers", "Dialogue model", "Booking database", "Safety texts"):
        assert f"{subject}: " in done.stdout
    assert "bad" not in done.stdout


def test_doctor_says_what_is_ill(built: BuiltHome, article: Path) -> None:
    shutil.rmtree(built.home / "models")
    edit(article, "\nsources: [", "\nsources: [NO-SUCH-SOURCE, ")
    (built.knowledge / "safety" / "texts.yml").write_text("emergency: [", encoding="utf-8")
    done = built.run("doctor")
    assert done.returncode == 1
    ill = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("bad")]
    assert {"Dialogue", "Booking", "Edited", "Safety"} <= set(ill)


def test_doctor_examines_an_empty_home_too(built: BuiltHome, tmp_path: Path) -> None:
    done = built.run("doctor", HOME=tmp_path / "empty")
    assert done.returncode == 1
    assert "run `make setup`" in done.stdout
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("words", [["ask"], ["ask", "--jsonl", "does it hurt?"], ["ask", ""]])
def test_ask_wants_a_question_or_lines(built: BuiltHome, words: list[str]) -> None:
    done = built.run(*words)
    assert done.returncode == 2
    assert "Give one question in quotes, or --jsonl" in done.stderr


def test_ask_before_the_setup_names_the_command(built: BuiltHome, tmp_path: Path) -> None:
    done = built.run("ask", "does it hurt?", HOME=tmp_path / "empty")
    assert "run `make setup`" in refusal(done)


@pytest.mark.parametrize(
    ("verb", "port"), [("serve", "chat"), ("setup", "0"), ("doctor", "65536"), ("check", "-1")]
)
def test_a_port_that_is_none_names_its_setting(built: BuiltHome, verb: str, port: str) -> None:
    assert "STIPPLE_PORT is" in refusal(built.run(verb, PORT=port))


def test_serve_on_a_port_in_use_changes_nothing(built: BuiltHome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"STIPPLE_PORT={port + 1}" in refusal(built.run("serve", PORT=port))
    assert not (built.home / "logs").exists()


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "sqlite://"])
def test_a_database_address_that_is_none_names_its_setting(built: BuiltHome, url: str) -> None:
    assert "STIPPLE_DATABASE_URL" in refusal(built.run("setup", DATABASE_URL=url))


@pytest.mark.parametrize("verb", ["setup", "when"])
def test_a_content_file_that_cannot_be_read_is_named(built: BuiltHome, verb: str) -> None:
    name = {"setup": "words.yml", "when": "clinic.yml"}[verb]
    (built.knowledge / name).write_text("a: [", encoding="utf-8")
    assert name in refusal(built.run(verb, *["tomorrow"][: verb == "when"]))


def test_a_home_that_cannot_be_made_is_one_line(built: BuiltHome, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refusal(built.run("setup", HOME=tmp_path / "file" / "home"))
