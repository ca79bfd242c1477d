"""Build the local spaCy pipeline from the words that staff keep in knowledge/words.yml."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from clinic.staff_file import StaffFileError, read_mapping


class WordsError(ValueError):
    """words.yml cannot be used; one line that says what to do."""


def read_words(path: Path) -> dict[str, list[str]]:
    """Read the domain's words by label; raise WordsError in staff language."""
    try:
        data = read_mapping(path)
    except StaffFileError as error:
        raise WordsError(f"{path.name}: {error}") from None
    headings: dict[str, str] = {}
    for label, entries in data.items():
        if not isinstance(entries, list) or not all(isinstance(e, str) and e for e in entries):
            raise WordsError(f"{path.name}: {label}: should be a list of words, each as text.")
        for entry in entries:
            other = headings.setdefault(entry.casefold(), label)
            if other != label:
                raise WordsError(
                    f"{path.name}: {label}: {entry!r} stands under {other} too; keep one of them."
                )
    return data


def build(words: dict[str, list[str]], folder: Path) -> None:
    """Save `spacy.blank("en")` with a sentencizer and an EntityRuler of the words to `folder`."""
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    ruler = pipeline.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns(
        [{"label": label, "pattern": word} for label, entries in words.items() for word in entries]
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        fresh = Path(name) / "spacy"
        pipeline.to_disk(fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def labels(folder: Path) -> list[str]:
    """The entity labels that a built pipeline can find."""
    patterns = (folder / "entity_ruler" / "patterns.jsonl").read_text(encoding="utf-8")
    return sorted({json.loads(line)["label"] for line in patterns.splitlines()})
