"""Fit the numbers of clinic/knowledge/search.py on development data, by cross-validation.

    python -m benchmarks.calibrate --out-of-scope FILE

Prints the weights of the ranking (a conditional logit over articles), of the scope (a logistic
regression of questions against out-of-scope messages), and, for pairs of thresholds, what share of
questions would be answered right, wrongly, asked back or declined, each measured on folds that the
weights were not fitted on. Nothing is written: a person chooses, and the tests hold the choice.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from benchmarks.evaluation import EVALUATION, read_cases
from clinic.encoder import Encoder
from clinic.knowledge.library import Library
from clinic.knowledge.search import Searcher
from clinic.knowledge.wording import neutral
from clinic.settings import Settings

Array = npt.NDArray[np.float64]
FOLDS = 5


def fit_ranking(views: Array, right: Array) -> Array:
    """Maximise the likelihood that an acceptable article ranks first; weights of the views."""
    columns = views[:, :, :3]

    def loss(weights: Array) -> tuple[float, Array]:
        shares = softmax(columns @ weights)
        hit = (shares * right).sum(axis=1) + 1e-12
        gradient = -((shares * right / hit[:, None] - shares)[:, :, None] * columns).sum((0, 1))
        return float(-np.log(hit).sum() + 0.02 * weights @ weights), gradient + 0.04 * weights

    result: Any = minimize(loss, np.array([10.0, 1.0, 1.0]), jac=True)
    return np.asarray(result.x)


def fit_scope(inside: Array, outside: Array) -> LogisticRegression:
    """Tell questions from out-of-scope messages by the strength of their evidence."""
    rows = np.concatenate([evidence(inside), evidence(outside)])
    labels = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    return LogisticRegression(C=100, max_iter=2000).fit(rows, labels)


def evidence(views: Array) -> Array:
    """The strongest nearest phrasing, mean of nearest, passage and full text of each message."""
    return views[:, :, [4, 0, 3, 2]].max(axis=1)


def softmax(scores: Array) -> Array:
    """Shares that add up to one in each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def main() -> None:
    """Fit, cross-validate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out-of-scope", type=Path, required=True)
    options = parser.parse_args()
    settings = Settings.from_environment()
    knowledge = Library(settings.published).live()
    searcher = Searcher(knowledge, Encoder(settings.encoder))
    cases = read_cases(EVALUATION / "questions.jsonl")
    inside = np.stack([searcher.views(neutral(case["text"])) for case in cases])
    outside = np.stack(
        [searcher.views(neutral(case["text"])) for case in read_cases(options.out_of_scope)]
    )
    right = np.array(
        [
            [bool(set(case["topics"]) & set(knowledge.answers[i].topics)) for i in knowledge.ids]
            for case in cases
        ],
        float,
    )
    print("ranking", fit_ranking(inside, right).round(2))
    scope = fit_scope(inside, outside)
    print("scope", scope.intercept_.round(2), scope.coef_.round(2))

    generator = np.random.default_rng(1)
    folds, folds_out = (generator.integers(0, FOLDS, len(rows)) for rows in (inside, outside))
    shares, shares_out = np.zeros_like(right), np.zeros((len(outside), right.shape[1]))
    scopes, scopes_out = np.zeros(len(inside)), np.zeros(len(outside))
    for fold in range(FOLDS):
        weights = fit_ranking(inside[folds != fold], right[folds != fold])
        model = fit_scope(inside[folds != fold], outside[folds_out != fold])
        here, there = folds == fold, folds_out == fold
        shares[here] = softmax(inside[here][:, :, :3] @ weights)
        shares_out[there] = softmax(outside[there][:, :, :3] @ weights)
        scopes[here] = model.predict_proba(evidence(inside[here]))[:, 1]
        scopes_out[there] = model.predict_proba(evidence(outside[there]))[:, 1]
    order = np.argsort(-shares, axis=1)
    first = right[np.arange(len(right)), order[:, 0]] > 0
    among = np.take_along_axis(right, order[:, :3], 1).max(axis=1) > 0
    print(f"top-1 {first.mean():.3f}, top-3 {among.mean():.3f}")
    print("faint  in scope  sure |  right  wrong  one tap  declined | out of scope answered")
    for faint in (0.1, 0.2):
        for enough in (0.3, 0.4, 0.5, 0.6):
            for sure in (0.4, 0.45, 0.5):
                answered = (scopes > enough) & (shares.max(axis=1) > sure)
                asked = (scopes > faint) & ~answered
                leaked = (scopes_out > enough) & (shares_out.max(axis=1) > sure)
                print(
                    f"{faint:5.2f}  {enough:8.2f}  {sure:4.2f} |  {(answered & first).mean():.3f}"
                    f"  {(answered & ~first).mean():.3f}"
                    f"  {((answered & first) | (asked & among)).mean():7.3f}"
                    f"  {(scopes <= faint).mean():8.3f} | {leaked.mean():.3f}"
                )


if __name__ == "__main__":
    main()
