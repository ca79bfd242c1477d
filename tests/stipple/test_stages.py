"""A stage is made again exactly when something that it was made from has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from built_home import BuiltHome

from clinic.settings import PROJECT, Settings, SettingsError
from stipple import stages as module
from stipple.environment import silence_libraries
from stipple.stages import MODEL, check_disk, free_gigabytes, stages, training_files


def outdated(settings: Settings) -> set[str]:
    """The stages to make, but for the database's, which always looks for itself."""
    return {stage.title for stage in stages(settings) if not stage.current()} - {"Booking database"}


def add_a_line(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")


def test_a_copy_of_a_build_is_up_to_date_in_its_new_place(built: BuiltHome) -> None:
    assert outdated(built.settings()) == set()


def test_an_empty_home_needs_every_stage(tmp_path: Path, built: BuiltHome) -> None:
    empty = built.settings(HOME=tmp_path / "empty")
    assert outdated(empty) == {s.title for s in stages(empty)} - {"Booking database"}
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    ("edited", "made_again"),
    [
        ("articles/pain-numbing.md", {"Answers"}),
        ("clinic.yml", {"Answers"}),
        ("words.yml", {"Words", "Dialogue model"}),
    ],
)
def test_an_edit_makes_only_what_depends_on_it(
    built: BuiltHome, edited: str, made_again: set[str]
) -> None:
    before = outdated(built.settings())
    add_a_line(built.knowledge / edited)
    assert outdated(built.settings()) - before >= made_again
    assert ("Dialogue model" in outdated(built.settings())) == ("Dialogue model" in made_again)


@pytest.mark.parametrize(
    ("lost", "title"),
    [
        ("spacy.made-from", "Words"),
        ("knowledge", "Answers"),
        (f"models/{MODEL}", "Dialogue model"),
        (f"models/{MODEL}.made-from", "Dialogue model"),
        ("encoder/manifest.json", "Sentence encoder"),
    ],
)
def test_what_is_lost_is_made_again(built: BuiltHome, lost: str, title: str) -> None:
    path = built.home / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert title in outdated(built.settings())


def test_making_the_words_brings_them_up_to_date(built: BuiltHome) -> None:
    add_a_line(built.knowledge / "words.yml")
    words = next(stage for stage in stages(built.settings()) if stage.title == "Words")
    assert not words.current()
    silence_libraries()  # as the command does: spaCy's own libraries warn while they are imported
    words.make(lambda _: None)
    assert words.current()


def test_everything_that_training_reads_is_watched(built: BuiltHome) -> None:
    watched = set(training_files(built.settings()))
    for folder, pattern in (("bot/data", "*.yml"), ("bot/pipeline", "*.py"), ("bot", "domain.yml")):
        assert watched >= set((PROJECT / folder).glob(pattern))
    assert PROJECT / "config.yml" in watched


def test_a_full_disk_is_said_before_anything_is_made(
    built: BuiltHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_disk(built.settings())
    monkeypatch.setattr(module, "NEEDED_GB", 1e9)
    with pytest.raises(SettingsError, match="make room, or set STIPPLE_HOME"):
        check_disk(built.settings())


def test_room_is_measured_where_the_home_will_be(tmp_path: Path, built: BuiltHome) -> None:
    assert free_gigabytes(built.settings(HOME=tmp_path / "not" / "yet")) > 0
