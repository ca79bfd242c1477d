"""words.yml becomes a spaCy pipeline, or the reader says what to put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinic.settings import PROJECT
from stipple.environment import silence_libraries
from stipple.language import WordsError, build, labels, read_words


def test_what_ships_is_read() -> None:
    words = read_words(PROJECT / "knowledge" / "words.yml")
    assert "scalp micropigmentation" in words["treatment"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "file: is missing; restore it"),
        ("- smp", "should be lines of `name: value`"),
        ("treatment: smp", "treatment: should be a list of words, each as text."),
        ("treatment:", "treatment: should be a list"),
        ("treatment: [smp, 12]", "treatment: should be a list"),
        ("treatment: [smp, '']", "treatment: should be a list"),
        ("treatment: a: b", "line 1 is not readable"),
        ("a: [SMP]\nb: [smp]", "b: 'smp' stands under a too; keep one of them."),
    ],
)
def test_what_cannot_be_used_says_what_to_do(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "words.yml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(WordsError) as caught:
        read_words(path)
    assert str(caught.value).startswith("words.yml: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_words_are_found_whatever_their_case(tmp_path: Path) -> None:
    silence_libraries()  # as the command does: spaCy's own libraries warn while they are imported
    import spacy

    folder = tmp_path / "new" / "spacy"
    build({"treatment": ["hair tattoo"], "body": ["crown"]}, folder)
    build({"treatment": ["hair tattoo"], "area": ["crown"]}, folder)  # again, over the old one
    assert labels(folder) == ["area", "treatment"]
    found = spacy.load(folder)("A Hair Tattoo on my crown. Is it sore?")
    assert [(e.text, e.label_) for e in found.ents] == [
        ("Hair Tattoo", "treatment"),
        ("crown", "area"),
    ]
    assert len(list(found.sents)) == 2
    assert [path.name for path in folder.parent.iterdir()] == ["spacy"]
