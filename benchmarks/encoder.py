"""Compare the fp32 encoder with a dynamically quantized int8 one: accuracy, drift and time.

    python -m benchmarks.encoder

Accuracy is nearest-phrasing top-1 on tests/evaluation/questions.jsonl; times are medians of single
messages on one thread, the two taken in turn so that the machine's drift cancels out.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from benchmarks.evaluation import EVALUATION, read_cases
from clinic.encoder import Encoder, write_manifest
from clinic.knowledge.library import Library
from clinic.knowledge.wording import neutral
from clinic.settings import Settings


def main() -> None:
    """Print one line for each encoder, and their ratio."""
    settings = Settings.from_environment()
    knowledge = Library(settings.published).live()
    cases = read_cases(EVALUATION / "questions.jsonl")
    texts = [neutral(case["text"]) for case in cases]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(settings.encoder / "tokenizer.json", folder / "tokenizer.json")
        source, target = settings.encoder / "model.onnx", folder / "model.onnx"
        quantize_dynamic(source, target, weight_type=QuantType.QInt8)
        write_manifest(folder, {})
        encoders = {"fp32": Encoder(settings.encoder), "int8": Encoder(folder)}
        times: dict[str, list[float]] = {name: [] for name in encoders}
        vectors = {name: [] for name in encoders}
        for text in texts:
            for kind, encoder in encoders.items():
                begun = time.perf_counter()
                vectors[kind].append(encoder.encode([text])[0])
                times[kind].append(time.perf_counter() - begun)
        phrasings = [neutral(text) for text in knowledge.phrasings.texts]
        for kind, encoder in encoders.items():
            rows = knowledge.phrasings.vectors if kind == "fp32" else encoder.encode(phrasings)
            best = (np.stack(vectors[kind]) @ rows.T).argmax(axis=1)
            right = [
                bool(
                    set(case["topics"])
                    & set(knowledge.answers[knowledge.ids[knowledge.phrasings.owners[i]]].topics)
                )
                for case, i in zip(cases, best, strict=True)
            ]
            size = ((settings.encoder if kind == "fp32" else folder) / "model.onnx").stat().st_size
            print(
                f"{kind}: {size / 1e6:.0f} MB, top-1 {np.mean(right):.3f}, "
                f"median {1000 * median(times[kind]):.2f} ms"
            )
        drift = 1 - (np.stack(vectors["fp32"]) * np.stack(vectors["int8"])).sum(axis=1)
        ratio = median(a / b for a, b in zip(times["int8"], times["fp32"], strict=True))
        print(f"int8/fp32 time ratio {ratio:.2f}; cosine drift up to {drift.max():.3f}")


if __name__ == "__main__":
    main()
