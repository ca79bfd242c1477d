"""The sentence encoder: its files are checked, its vectors are the same however they are asked."""

import shutil
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.encoder import DIMENSIONS, Encoder, EncoderError, read_origin, write_manifest
from clinic.settings import Settings

TEXTS = ["does it hurt?", "", "how much is it", "a " * 400, "😀", "does it hurt?", "ünïcödé"]


@pytest.fixture(scope="module")
def encoder():
    return Encoder(Settings.from_environment().encoder)


def test_rows_have_unit_length_and_keep_their_order(encoder):
    rows = encoder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), DIMENSIONS)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.allclose(rows[0], rows[5], atol=1e-5)
    backwards = encoder.encode(TEXTS[::-1])[::-1]
    assert np.allclose(rows, backwards, atol=1e-5)


def test_a_batch_gives_what_single_texts_give(encoder):
    single = np.stack([encoder.encode_one(text) for text in TEXTS])
    for batch in (1, 2, 3, 32):
        assert np.allclose(encoder.encode(TEXTS, batch=batch), single, atol=1e-5)
    assert np.array_equal(encoder.encode(TEXTS, batch=1), single)


def test_no_texts_give_no_rows(encoder):
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_near_meanings_are_nearer_than_far_ones(encoder):
    question, near, far = encoder.encode(
        ["is it painful", "does the procedure hurt", "where can I park my car"]
    )
    assert question @ near > question @ far + 0.3


def test_a_recent_text_is_remembered(encoder, monkeypatch):
    first = encoder.encode_one("remember this")
    monkeypatch.setattr(encoder, "_run", None)
    assert encoder.encode_one("remember this") is first


def test_what_is_remembered_cannot_be_changed(encoder):
    with pytest.raises(ValueError, match="read-only"):
        encoder.encode_one("remember this")[0] = 1


def test_memory_is_bounded_and_shared_by_threads(encoder):
    errors = []

    def run(start):
        try:
            for number in range(start, start + 400):
                assert encoder.encode_one(f"text {number % 600}").shape == (DIMENSIONS,)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(start,)) for start in (0, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert encoder._remembered.cache_info().currsize <= 512


def test_words_are_whole_english_words(encoder):
    words = encoder.words()
    assert 20_000 < len(words) < 30_000
    assert {"hair", "appointment", "does"} <= words
    assert not [word for word in words if word.startswith("##") or not word.isalpha()]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(), max_size=300))
def test_any_text_has_a_vector(encoder, text):
    assert abs(np.linalg.norm(encoder.encode_one(text)) - 1) < 1e-5


@pytest.mark.parametrize(
    "text", ["\x00", "\ud83d", "\udc00\ud800", "\ufffe", "x" * 5_000, "\n" * 9]
)
def test_hostile_text_has_a_vector(encoder, text):
    assert np.isfinite(encoder.encode_one(text)).all()
    assert np.allclose(encoder.encode([text, "pain"])[0], encoder.encode_one(text), atol=1e-5)


def test_the_same_files_are_the_same_encoder(encoder):
    assert len(encoder.sha) == 64
    assert Encoder(Settings.from_environment().encoder).sha == encoder.sha


@pytest.fixture
def folder(tmp_path):
    """A folder with files that only look like an encoder's; loading it would fail later."""
    (tmp_path / "model.onnx").write_bytes(b"model " * 100)
    (tmp_path / "tokenizer.json").write_text("{}")
    write_manifest(tmp_path, {"weights": "abc"})
    return tmp_path


def remove(name):
    return lambda folder: (folder / name).unlink()


def replace(name, data):
    return lambda folder: (folder / name).write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [
        shutil.rmtree,
        remove("model.onnx"),
        remove("tokenizer.json"),
        remove("manifest.json"),
        replace("manifest.json", b""),
        replace("manifest.json", b"{"),
        replace("manifest.json", b"\xff"),
        replace("manifest.json", b"[]"),
        replace("manifest.json", b"null"),
        replace("manifest.json", b'{"files": []}'),
        replace("manifest.json", b'{"files": {"model.onnx": ""}}'),
    ],
)
def test_an_incomplete_encoder_says_what_to_run(folder, harm):
    harm(folder)
    with pytest.raises(EncoderError, match=r"is missing or incomplete; run `make setup`\.$"):
        Encoder(folder)


@pytest.mark.parametrize(
    "harm",
    [
        replace("model.onnx", b"model " * 99),
        replace("model.onnx", b""),
        replace("model.onnx", b"Model " + b"model " * 99),
        replace("tokenizer.json", b"{ }"),
    ],
)
def test_an_altered_encoder_says_what_to_do(folder, harm):
    harm(folder)
    with pytest.raises(EncoderError, match=r"delete that folder and run `make setup`\.$"):
        Encoder(folder)


def test_the_origin_is_told_or_empty(folder):
    assert read_origin(folder) == {"weights": "abc"}
    for text in ("", "[]", "{}", '{"origin": 1}', '{"origin": null}'):
        (folder / "manifest.json").write_text(text)
        assert read_origin(folder) == {}
    assert read_origin(folder / "nowhere") == {}
