"""The encoder is made from the published weights only, and made again when it is not whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from clinic.encoder import EncoderError
from clinic.settings import Settings
from stipple import encoder_export


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    return shutil.copytree(Settings.from_environment().encoder, tmp_path / "encoder")


def test_a_whole_export_is_up_to_date(exported: Path) -> None:
    assert encoder_export.up_to_date(exported)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "tokenizer.json"])
def test_an_export_that_lost_a_file_is_made_again(exported: Path, name: str) -> None:
    (exported / name).unlink()
    assert not encoder_export.up_to_date(exported)


def test_an_export_by_another_recipe_is_made_again(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_export, "_RECIPE", "0")
    assert not encoder_export.up_to_date(exported)


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    package = SimpleNamespace(locate_file=lambda _: tmp_path)
    monkeypatch.setattr(encoder_export, "distribution", lambda _: package)
    with pytest.raises(EncoderError, match=r"not the published ones; delete .venv and run `make"):
        encoder_export.export(tmp_path / "encoder")
    assert not (tmp_path / "encoder").exists()
