"""The stages of a set-up, each skipped while what it made is up to date."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clinic.database import upgrade
from clinic.encoder import Encoder
from clinic.knowledge.library import Library
from clinic.safety import model as safety
from clinic.settings import PROJECT, Settings, SettingsError
from stipple import encoder_export, language
from stipple.environment import hasten_rasa, prepare

Progress = Callable[[str], None]
MODEL = "stipple.tar.gz"
NEEDED_GB = 0.5


class TrainingError(RuntimeError):
    """Rasa made no model; one line that says what to do."""


@dataclass(frozen=True)
class Stage:
    """One thing to make: its title, whether it is up to date, and how to make it."""

    title: str
    current: Callable[[], bool]
    make: Callable[[Progress], None]


def stages(settings: Settings) -> list[Stage]:
    """All stages in order; later ones use what earlier ones made."""
    library = Library(settings.published)
    words = settings.knowledge / "words.yml"
    model = settings.models / MODEL
    examples = settings.knowledge / "safety" / "examples.yml"

    def publish(progress: Progress) -> None:
        encoder = Encoder(settings.encoder)
        library.publish(settings.knowledge, encoder, dt.date.today(), progress)

    return [
        Stage(
            "Sentence encoder",
            lambda: encoder_export.up_to_date(settings.encoder),
            lambda progress: _export(settings, progress),
        ),
        Stage(
            "Words",
            lambda: _is_marked(settings.spacy, [words]),
            lambda _: _build_words(settings.spacy, words),
        ),
        Stage(
            "Booking database",
            lambda: False,  # alembic itself knows what is missing, in a moment
            lambda _: _upgrade(settings),
        ),
        Stage(
            "Safety model",
            lambda: safety.is_current(
                settings.home / safety.FILE, safety.fingerprint(examples, settings.encoder)
            ),
            lambda progress: _learn_safety(settings, examples, progress),
        ),
        Stage("Answers", lambda: library.up_to_date(settings.knowledge), publish),
        Stage(
            "Dialogue model",
            lambda: model.exists() and _is_marked(model, training_files(settings)),
            lambda progress: train(settings, progress),
        ),
    ]


def training_files(settings: Settings) -> list[Path]:
    """What the dialogue model is made from; a change in any of them trains it again."""
    return [
        PROJECT / "config.yml",
        PROJECT / "bot" / "domain.yml",
        *sorted((PROJECT / "bot" / "data").glob("*.yml")),
        *sorted((PROJECT / "bot" / "pipeline").glob("*.py")),
        PROJECT / "clinic" / "encoder.py",
        PROJECT / "clinic" / "knowledge" / "wording.py",
        settings.knowledge / "words.yml",
        settings.encoder / "manifest.json",
    ]


def free_gigabytes(settings: Settings) -> float:
    """Free room on the disk that holds the run-time state."""
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e9


def check_disk(settings: Settings) -> None:
    """Raise SettingsError before anything is half made on a full disk."""
    free = free_gigabytes(settings)
    if free < NEEDED_GB:
        raise SettingsError(
            f"The disk has {free:.1f} GB free at {settings.home} and building needs "
            f"{NEEDED_GB:.1f} GB: make room, or set STIPPLE_HOME to a folder on another disk."
        )


def train(settings: Settings, progress: Progress, verbose: bool = False) -> None:
    """Train the dialogue model into `settings.models`, replacing the old one at the end."""
    prepare(settings)
    progress("loading the libraries")
    hasten_rasa()
    import rasa.model_training

    progress("learning the kinds of turn")
    target = settings.models / MODEL
    fresh = settings.models / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    with contextlib.nullcontext() if verbose else quiet():
        result = rasa.model_training.train(
            domain=str(PROJECT / "bot" / "domain.yml"),
            config=str(PROJECT / "config.yml"),
            training_files=[str(PROJECT / "bot" / "data")],
            output=str(fresh),
            force_training=True,
            fixed_model_name=MODEL,
        )
    if result.model is None:
        raise TrainingError("Training made no model; run `stipple train --verbose` to see why.")
    Path(result.model).replace(target)
    shutil.rmtree(fresh, ignore_errors=True)
    _mark(target, training_files(settings))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the chatter of libraries off the terminal; errors still raise."""
    logging.disable(logging.WARNING)
    with Path(os.devnull).open("w") as sink:
        try:
            with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
                yield
        finally:
            logging.disable(logging.NOTSET)


def _export(settings: Settings, progress: Progress) -> None:
    progress("converting the published weights, about half a minute")
    with quiet():
        encoder_export.export(settings.encoder)


def _learn_safety(settings: Settings, examples: Path, progress: Progress) -> None:
    read = safety.read_examples(examples)
    progress(f"learning from {len(read.texts)} messages")
    model = safety.fit(read, Encoder(settings.encoder))
    model.save(settings.home / safety.FILE, safety.fingerprint(examples, settings.encoder))


def _build_words(folder: Path, words: Path) -> None:
    language.build(language.read_words(words), folder)
    _mark(folder, [words])


def _upgrade(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes() if file.exists() else b""
        digest.update(f"{file.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _marker(made: Path) -> Path:
    return made.with_name(made.name + ".made-from")


def _mark(made: Path, files: Iterable[Path]) -> None:
    _marker(made).write_text(_digest(files), encoding="ascii")


def _is_marked(made: Path, files: Iterable[Path]) -> bool:
    marker = _marker(made)
    return made.exists() and marker.exists() and marker.read_text("ascii") == _digest(files)
