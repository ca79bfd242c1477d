"""The second layer of the screen: a small model that may raise a level, and never lowers one.

A multinomial logistic regression over the sentence encoder's vector and the weighted words of a
message tells which alert, if any, the message is most like. It learns at set-up from
`examples.yml`, where staff add messages; the rules stay first and need none of this.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from clinic.encoder import Encoder
from clinic.safety.alert import Alert, Level, Reason, SafetyError, read_mapping
from clinic.safety.words import plain

FILE = Path("safety") / "model.npz"  # where set-up saves it, under `Settings.home`
FORMAT = "1"  # raise when weights saved by older code must not be used
NONE = "none"  # the section of examples that report nothing

# The share of harmless messages that may alarm in cross-validation. Those that report nothing are
# half chosen to be confusing: 1 % of them goes with under 0.5 % of ordinary questions.
ALLOWED = {NONE: 0.010, Level.NORMAL.value: 0.025}

# Chosen by cross-validation: at equal false alarms the vector alone finds half of the urgent
# messages, vector and words together three quarters. Both have length 1.
_STRENGTH = 10.0
_FOLDS = 5

_FEWEST = 4  # words below which there is nothing to weigh up; the rules know the single words
_WORD = r"\w+"
_SENTENCE = re.compile(r"[.!?;\n…]+")

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """Messages and the alert that each should give; None for those that report nothing."""

    texts: tuple[str, ...]
    alerts: tuple[Alert | None, ...]


def read_examples(path: Path) -> Examples:
    """Read `examples.yml`; raise SafetyError naming the entry and the remedy."""
    texts: list[str] = []
    alerts: list[Alert | None] = []
    for level, groups in read_mapping(path).items():
        if level not in (NONE, *(known.value for known in Level)) or not isinstance(groups, dict):
            raise SafetyError(f"{path.name}: {level}: needs a known level with headings below it.")
        for heading, messages in groups.items():
            field = f"{path.name}: {level} > {heading}"
            if not isinstance(messages, list) or not all(isinstance(m, str) for m in messages):
                raise SafetyError(f"{field}: write a list of messages, in quotes where needed.")
            try:
                alert = None if level == NONE else Alert(Level(level), Reason(heading))
            except ValueError:
                raise SafetyError(f"{field}: is not a reason that red_flags.yml has.") from None
            texts += messages
            alerts += [alert] * len(messages)
    return Examples(tuple(texts), tuple(alerts))


def fingerprint(examples: Path, encoder: Path) -> str:
    """Stands for what a model is made from: the examples file and the encoder's folder."""
    digest = hashlib.sha256(FORMAT.encode())
    for file in (examples, encoder / "manifest.json"):
        digest.update(hashlib.sha256(file.read_bytes() if file.exists() else b"").digest())
    return digest.hexdigest()


@dataclass(frozen=True)
class Model:
    """Fitted weights; `fit` or `Model.load` makes one. Safe to share between threads.

    `weights` has a row for each of `alerts`: 384 numbers for the vector, then one for each word or
    pair of words. `threshold` is the probability of an alarm above which the model speaks;
    `alarming` the share of each level's messages that alarmed in cross-validation.
    """

    alerts: tuple[Alert | None, ...]
    weights: Matrix
    bias: Matrix
    threshold: float
    alarming: Mapping[str, float]
    words: TfidfVectorizer
    encoder: Encoder

    def level(self, text: str) -> Alert | None:
        """The alarm that a message should raise, or None: calmer levels are left to the rules.

        Judged sentence by sentence: behind a question about something else, one vector of the
        whole message finds a third of the alarms that the sentences find.
        """
        pieces = _pieces(text)
        if not pieces:
            return None
        odds = _odds(_features(pieces, self.encoder, self.words), self.weights, self.bias)
        return _verdict(odds[_alarm(odds, self.alerts).argmax()], self.alerts, self.threshold)

    def save(self, path: Path, made_from: str) -> None:
        """Write the weights to one .npz file with the fingerprint of what they were made from."""
        about = {
            "made_from": made_from,
            "threshold": self.threshold,
            "alarming": dict(self.alarming),
            "alerts": [alert and (alert.level.value, alert.reason.value) for alert in self.alerts],
            "words": list(self.words.get_feature_names_out()),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".fresh")
        with fresh.open("wb") as file:
            np.savez_compressed(
                file,
                about=np.array(json.dumps(about)),
                weights=self.weights.astype(np.float32),
                bias=self.bias,
                rarity=self.words.idf_,
            )
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path, made_from: str, encoder: Encoder) -> Model:
        """Read saved weights; raise SafetyError when they are missing, damaged or out of date."""
        saved = _read(path)
        about = json.loads(str(saved["about"]))
        if about["made_from"] != made_from:
            raise SafetyError("The safety model is older than its examples; run `make setup`.")
        words = _vectorizer(vocabulary=about["words"])
        words.idf_ = saved["rarity"]
        return cls(
            alerts=tuple(
                entry and Alert(Level(entry[0]), Reason(entry[1])) for entry in about["alerts"]
            ),
            weights=saved["weights"].astype(np.float64),
            bias=saved["bias"],
            threshold=about["threshold"],
            alarming=about["alarming"],
            words=words,
            encoder=encoder,
        )


def is_current(path: Path, made_from: str) -> bool:
    """Whether the saved weights were made from what the fingerprint stands for."""
    try:
        return bool(json.loads(str(_read(path)["about"]))["made_from"] == made_from)
    except SafetyError:
        return False


def fit(examples: Examples, encoder: Encoder) -> Model:
    """Learn from the examples; the same examples and encoder give the same model.

    The threshold is the lowest at which no more than the ALLOWED share of harmless messages
    alarms in cross-validation. Raises SafetyError when there are too few examples to learn from.
    """
    # Texts of like length are encoded together, which halves the time.
    pairs = sorted(zip(examples.texts, examples.alerts, strict=True), key=lambda p: len(p[0]))
    texts, found = [text for text, _ in pairs], [alert for _, alert in pairs]
    alerts: tuple[Alert | None, ...] = (None, *_kinds(examples))
    labels = np.array([alerts.index(alert) for alert in found])
    levels = np.array([alert.level.value if alert else NONE for alert in found])
    if min(np.bincount(labels), default=0) < _FOLDS or not set(ALLOWED) < set(levels):
        raise SafetyError(
            f"examples.yml: write at least {_FOLDS} messages for each reason, "
            f"and some for {' and '.join(ALLOWED)}."
        )
    words = _vectorizer(min_df=2).fit(texts)
    features = _features(texts, encoder, words)
    alarm = _alarm(_cross_validated(features, labels), alerts)
    threshold = max(
        float(np.quantile(alarm[levels == level], 1 - share)) for level, share in ALLOWED.items()
    )
    regression = _regression().fit(features, labels)
    return Model(
        alerts=alerts,
        weights=regression.coef_,
        bias=regression.intercept_,
        threshold=threshold,
        alarming={
            str(level): float((alarm[levels == level] > threshold).mean())
            for level in np.unique(levels)
        },
        words=words,
        encoder=encoder,
    )


def _cross_validated(features: Any, labels: npt.NDArray[np.int64]) -> Matrix:
    """Probabilities (messages, alerts), each from a model that has not seen its message."""
    odds = np.zeros((len(labels), labels.max() + 1))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for learn, judge in folds.split(features, labels):
        regression = _regression().fit(features[learn], labels[learn])
        odds[judge] = regression.predict_proba(features[judge])
    return odds


def _kinds(examples: Examples) -> list[Alert]:
    """The alerts that the examples speak of, the most serious first."""
    order = list(Level)
    found = {alert for alert in examples.alerts if alert is not None}
    return sorted(found, key=lambda alert: (order.index(alert.level), alert.reason.value))


def _regression() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, max_iter=300, random_state=0)


def _vectorizer(**options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        preprocessor=plain, token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True, **options
    )


def _features(texts: Sequence[str], encoder: Encoder, words: TfidfVectorizer) -> Any:
    """Sparse rows, one for each text: the vector, then the weighted words."""
    vectors = encoder.encode(texts)
    return sparse.hstack([vectors, words.transform(texts)], format="csr")


def _pieces(text: str) -> list[str]:
    """The sentences of a message, without mere scraps."""
    sentences = (sentence.strip() for sentence in _SENTENCE.split(text))
    return [piece for piece in sentences if len(piece.split()) >= _FEWEST]


def _odds(features: Any, weights: Matrix, bias: Matrix) -> Matrix:
    """Probabilities of shape (texts, alerts)."""
    scores = np.asarray(features @ weights.T) + bias
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _alarm(odds: Matrix, alerts: Sequence[Alert | None]) -> Matrix:
    """The probability that a text calls for any alarm."""
    alarming = [alert is not None and alert.level.alarming for alert in alerts]
    return np.asarray(odds[..., alarming].sum(axis=-1))


def _verdict(odds: Matrix, alerts: Sequence[Alert | None], threshold: float) -> Alert | None:
    """The likeliest alert of the likelier alarming level; of the higher one when in doubt."""
    if _alarm(odds, alerts) <= threshold:
        return None
    known = [(p, alert) for p, alert in zip(odds, alerts, strict=True) if alert is not None]
    level = max(
        (Level.EMERGENCY, Level.URGENT),
        key=lambda level: sum(p for p, alert in known if alert.level is level),
    )
    return max((k for k in known if k[1].level is level), key=lambda k: k[0])[1]


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in ("about", "weights", "bias", "rarity")}
    except FileNotFoundError:
        raise SafetyError("The safety model is not built; run `make setup`.") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise SafetyError("The safety model is damaged; delete it and run `make setup`.") from None
