"""A publication is one file: the same for the same content, and refused when it is not whole."""

import dataclasses
import hashlib
import sqlite3
import warnings

import numpy as np
import pytest
from small_clinic import CountingEncoder, write

from clinic.encoder import DIMENSIONS
from clinic.knowledge.artifact import ArtifactError, compile_artifact, known_vectors, open_artifact
from clinic.knowledge.content import read_content
from clinic.knowledge.wording import neutral


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def compiled(tmp_path, knowledge, counting):
    """Compile the folder as it is now and open it; `known` as the compiler takes it."""
    made = []

    def compiled(known=None, encoder=counting):
        path = tmp_path / f"{len(made)}.db"
        made.append(path)
        compile_artifact(read_content(knowledge), encoder, path, known)
        return open_artifact(path, sha(path))

    return compiled


def rows(artifact):
    return list(artifact.database.iterdump())


def test_what_was_written_is_read(compiled, knowledge):
    write(knowledge, "pain", short="From {{ clinic.facts.minimum_age }}.\nNot before.",
          details="One.\n\nTwo {{ clinic.name }}.", related=["cost", "women"],
          topics=["pain_and_numbing"], get_help="Ask {{ country.urgent_advice }}.")  # fmt: skip
    write(knowledge, "women", status="draft")
    content = read_content(knowledge)
    artifact = compiled()
    answer = artifact.answers["pain"]
    assert artifact.ids == ("age", "cost", "pain")
    assert answer.short == "From 18. Not before."
    assert answer.details == "One.\n\nTwo Your SMP Clinic."
    assert answer.get_help == f"Ask {content.country.urgent_advice}."
    assert answer.related == ("cost",), "a draft is not offered"
    assert [source.key for source in answer.sources] == ["P1"]
    assert answer.review_by == content.articles["pain"].review_by
    assert artifact.profile == content.profile
    assert artifact.fingerprint == content.fingerprint
    assert "{{" not in "".join(artifact.replies.values())
    assert "Two Your SMP Clinic." in artifact.passages.texts
    assert artifact.phrasings.vectors.shape == (9, DIMENSIONS)
    assert artifact.weights.shape == (3, DIMENSIONS)
    assert [artifact.ids[owner] for owner in artifact.phrasings.owners] == (
        ["age"] * 3 + ["cost"] * 3 + ["pain"] * 3
    )


def test_every_text_has_its_own_vector(compiled, counting):
    artifact = compiled()
    for rows in (artifact.phrasings, artifact.passages):
        for text, vector in zip(rows.texts, rows.vectors, strict=True):
            assert np.array_equal(vector, counting.encode_one(neutral(text)))


def test_the_same_content_gives_the_same_file(compiled):
    first, second = compiled(), compiled(encoder=CountingEncoder())
    assert rows(first) == rows(second)
    assert first.sha == second.sha


def test_known_vectors_give_the_same_file_too(compiled, counting):
    first = compiled()
    assert compiled(known_vectors(first, counting)).sha == first.sha


def test_only_what_is_new_is_encoded(compiled, knowledge, counting):
    first = compiled()
    texts = len(first.phrasings.texts) + len(first.passages.texts)
    assert len(counting.seen) == len(set(counting.seen)) <= texts
    counting.seen.clear()
    write(knowledge, "age", short="Eighteen or older. It varies from person to person.")
    compiled(known_vectors(first, counting))
    assert counting.seen == ["eighteen or older."]


def test_a_text_that_is_seen_otherwise_is_encoded_again(compiled, counting, monkeypatch):
    first = compiled()
    counting.seen.clear()
    monkeypatch.setattr("clinic.knowledge.artifact.neutral", lambda text: f"new {text}")
    compiled(known_vectors(first, counting))
    assert len(counting.seen) > 12


def test_vectors_of_another_encoder_are_not_known(compiled):
    assert known_vectors(compiled(), CountingEncoder(sha="another")) == {}


def test_a_published_file_cannot_be_written(compiled):
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        compiled().database.execute("delete from answer")


@pytest.mark.parametrize("name", ["a b", "50%41", "what?x=1", "#1", "ключ"])
def test_a_folder_may_have_any_name(tmp_path, compiled, name):
    first = compiled()
    folder = tmp_path / name
    folder.mkdir()
    path = folder / "x.db"
    path.write_bytes((tmp_path / "0.db").read_bytes())
    assert open_artifact(path, first.sha).answers == first.answers


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[:-100], "not what was published"),
        (lambda data: data[:100], "not what was published"),
        (lambda data: b"", "not what was published"),
        (flipped, "not what was published"),
        (lambda data: data + b"\0", "not what was published"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, compiled, damage, says):
    first = compiled()
    path = tmp_path / "0.db"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ArtifactError, match=says):
        open_artifact(path, first.sha)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update meta set value = '99' where key = 'schema'", "made by another version"),
        ("delete from meta where key = 'schema'", "made by another version"),
        ("delete from meta where key = 'fingerprint'", "is damaged"),
        ("update meta set value = '{}' where key = 'profile'", "is damaged"),
        ("update answer set content = '[]'", "is damaged"),
        ("update answer set content = 'x'", "is damaged"),
        ("delete from weights", "is damaged"),
        ("update weights set data = x'00'", "is damaged"),
        ("update entry set vector = x'0000'", "is damaged"),
        ("update entry set article = 'gone'", "is damaged"),
        ("drop table entry", "is damaged"),
    ],
)
def test_a_whole_file_of_the_wrong_shape_is_refused(tmp_path, compiled, change, says):
    compiled()
    path = tmp_path / "0.db"
    with sqlite3.connect(path) as database:
        database.execute(change)
    database.close()
    with pytest.raises(ArtifactError, match=says):
        open_artifact(path, sha(path))


def test_a_missing_file_or_no_database_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be read"):
        open_artifact(tmp_path / "gone.db", "0" * 64)
    path = tmp_path / "text.db"
    path.write_text("not a database " * 100)
    with pytest.raises(ArtifactError, match="is damaged"):
        open_artifact(path, sha(path))


def test_compiling_warns_of_nothing(compiled):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled()


def test_an_artifact_cannot_be_changed(compiled):
    artifact = compiled()
    with pytest.raises(dataclasses.FrozenInstanceError):
        artifact.sha = "x"
    with pytest.raises(ValueError, match="read-only"):
        artifact.weights[0, 0] = 1
    assert np.allclose(np.linalg.norm(artifact.phrasings.vectors, axis=1), 1, atol=1e-5)
