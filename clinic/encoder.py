"""Text to 384 numbers: the one sentence encoder that every process shares.

all-MiniLM-L6-v2, exported once to ONNX by `stipple setup` (see `stipple/encoder_export.py`) and run
by onnxruntime on one thread, which was measured faster than two for single short messages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

DIMENSIONS = 384
# The published model was trained on at most 256 word pieces; visitors' messages are far shorter,
# and a cap keeps the cost of one hostile message bounded.
MAX_TOKENS = 128
_CACHED = 512

Vectors = npt.NDArray[np.float32]


class EncoderError(RuntimeError):
    """The encoder's files are missing or altered; the message says what to run."""


class Encoder:
    """The encoder in one folder: `model.onnx`, `tokenizer.json` and their hashes.

    Raises EncoderError when a file is missing or is not the one that was exported.
    """

    def __init__(self, folder: Path) -> None:
        model, tokenizer, self._sha = _verified(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_str(tokenizer.decode("utf-8"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        # Unlike a dictionary of our own, this cache may be used by several threads.
        self._remembered = lru_cache(_CACHED)(self._one)

    @property
    def sha(self) -> str:
        """Which encoder this is: vectors of encoders with different hashes cannot be compared."""
        return self._sha

    def encode(self, texts: Sequence[str], batch: int = 32) -> Vectors:
        """Encode texts as rows of unit length: shape (len(texts), 384), float32."""
        rows = [self._run(list(texts[i : i + batch])) for i in range(0, len(texts), batch)]
        return np.concatenate(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def encode_one(self, text: str) -> Vectors:
        """Encode one text: shape (384,), read-only. Recent texts are remembered."""
        return self._remembered(text)

    def words(self) -> frozenset[str]:
        """The whole words the model's vocabulary holds: about 22,000 of general English."""
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=False)
        return frozenset(word for word in vocabulary if word.isalpha() and len(word) > 1)

    def _one(self, text: str) -> Vectors:
        vector: Vectors = self._run([text])[0]
        vector.flags.writeable = False
        return vector

    def _run(self, texts: list[str]) -> Vectors:
        # A lone surrogate (half an emoji) cannot be written as UTF-8, which the tokenizer needs.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        encodings = self._tokenizer.encode_batch(clean)
        tokens = np.array([e.ids for e in encodings], np.int64)
        mask = np.array([e.attention_mask for e in encodings], np.int64)
        result: Any = self._session.run(
            ["embedding"], {"input_ids": tokens, "attention_mask": mask}
        )[0]
        return np.asarray(result, np.float32)


def write_manifest(folder: Path, origin: dict[str, str]) -> None:
    """Record the hashes of the two files in `folder`, and where they came from."""
    files = {name: _sha256((folder / name).read_bytes()) for name in _FILES}
    text = json.dumps({"files": files, "origin": origin}, indent=2)
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def read_origin(folder: Path) -> dict[str, str]:
    """Say what an exported encoder was made from; empty when there is none."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return {str(k): str(v) for k, v in manifest["origin"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


_FILES = ("model.onnx", "tokenizer.json")


def _verified(folder: Path) -> tuple[bytes, bytes, str]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        contents = tuple((folder / name).read_bytes() for name in _FILES)
        expected = tuple(manifest["files"][name] for name in _FILES)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(
            f"The sentence encoder in {folder} is missing or incomplete; run `make setup`."
        ) from error
    if tuple(map(_sha256, contents)) != expected:
        raise EncoderError(
            f"The sentence encoder in {folder} is not the one that was exported; "
            f"delete that folder and run `make setup`."
        )
    return contents[0], contents[1], _sha256("".join(expected).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
