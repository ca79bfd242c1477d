"""A clinic small enough to publish in a moment, and an encoder that remembers what it was asked.

The encoder is the one fake here: it stands where the sentence model would be loaded.
"""

import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

from clinic.encoder import DIMENSIONS

SHIPPED = Path(__file__).resolve().parents[3] / "knowledge"
TODAY = dt.date(2026, 11, 21)
TEXTS = {
    "pain": ("Does it hurt?", ["does it hurt", "is it sore", "how bad is the needle"]),
    "cost": ("What does it cost?", ["what does it cost", "price please", "is it expensive"]),
    "age": ("How old must I be?", ["how old must i be", "can teenagers come", "age limit"]),
    "women": ("Is it for women?", ["is it for women", "can ladies have it", "female clients"]),
}


class CountingEncoder:
    """Every word has its own direction, so texts that share words are near each other."""

    def __init__(self, sha="fake"):
        self.sha = sha
        self.seen = []

    def encode(self, texts, batch=32):
        self.seen += texts
        rows = [self._vector(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def encode_one(self, text):
        return self.encode([text])[0]

    def words(self):
        return frozenset()

    def _vector(self, text):
        seeds = (
            int.from_bytes(hashlib.sha256(w.encode()).digest()[:4], "big") for w in text.split()
        )
        directions = [np.random.default_rng(seed).normal(size=DIMENSIONS) for seed in seeds]
        total = np.sum([np.ones(DIMENSIONS), *directions], axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


def article(details="Some details.", **fields):
    """An article's text; a field given as None is left out. JSON is YAML too."""
    front = {
        "title": "Does it hurt?",
        "topics": ["smp_vs_other"],
        "phrasings": ["does it hurt"],
        "short": "It varies from person to person.",
        "sources": ["P1"],
        "review_by": dt.date(2027, 5, 21),
        "status": "published",
    } | fields
    lines = [
        f"{name}: {value if isinstance(value, dt.date) else json.dumps(value, ensure_ascii=False)}"
        for name, value in front.items()
        if value is not None
    ]
    return "---\n" + "\n".join(lines) + f"\n---\n{details}\n"


def make_clinic(folder):
    """Write a knowledge folder with four answers of our own and the rest as it ships."""
    (folder / "articles").mkdir(parents=True)
    for name in ("clinic.yml", "sources.yml", "replies.yml"):
        shutil.copy(SHIPPED / name, folder / name)
    shutil.copytree(SHIPPED / "safety", folder / "safety")
    for identifier, (title, phrasings) in TEXTS.items():
        write(folder, identifier, title=title, phrasings=phrasings)
    return folder


def write(folder, identifier, **fields):
    text = article(**{"title": TEXTS[identifier][0], "phrasings": TEXTS[identifier][1]} | fields)
    (folder / "articles" / f"{identifier}.md").write_text(text, encoding="utf-8")
