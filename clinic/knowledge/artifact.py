"""The published knowledge as one immutable SQLite file: compile it, open it, verify it.

Nothing is ever changed in place: a reader that has the file open would see a corrupt database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sqlite3
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlite_utils
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from clinic.encoder import DIMENSIONS, Encoder, Vectors
from clinic.knowledge.article import Article
from clinic.knowledge.content import Content, Source
from clinic.knowledge.render import render
from clinic.knowledge.wording import neutral, normal, words
from clinic.profile import Profile

PHRASING, PASSAGE = "phrasing", "passage"
SCHEMA = "1"  # raise when an older reader could not read a newer file

Progress = Callable[[str], None]


class ArtifactError(RuntimeError):
    """A published file that must not be served: missing, altered or of another version."""


@dataclass(frozen=True)
class Answer:
    """One article as visitors see it: texts are filled in, sources written out."""

    id: str
    title: str
    topics: tuple[str, ...]
    short: str
    get_help: str
    details: str
    sources: tuple[Source, ...]
    related: tuple[str, ...]
    reviewed_by: str | None
    reviewed_on: dt.date | None
    review_by: dt.date


@dataclass(frozen=True)
class Rows:
    """Texts with their vectors and the index of the article each belongs to."""

    texts: tuple[str, ...]
    owners: npt.NDArray[np.int64]
    vectors: Vectors


@dataclass(frozen=True)
class Artifact:
    """One open, verified publication. `sha` is the hash of its file; `ids` orders the articles.

    `fingerprint` is the content's, `encoder` the hash of the model that made the vectors.
    """

    sha: str
    fingerprint: str
    encoder: str
    profile: Profile
    replies: Mapping[str, str]
    ids: tuple[str, ...]
    answers: Mapping[str, Answer]
    phrasings: Rows
    passages: Rows
    weights: Vectors
    bias: Vectors
    vocabulary: Mapping[str, int]
    database: sqlite3.Connection


def compile_artifact(
    content: Content,
    encoder: Encoder,
    target: Path,
    known: Mapping[str, Vectors] | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Write the published articles of `content` to a new SQLite file at `target`.

    `known` holds vectors that an earlier publication already made (`known_vectors`), so that a
    small edit costs little. The same content gives the same rows. Raises RenderError for a text
    that cannot be filled in (lint reports it first).
    """
    facts = content.facts()
    answers = [_answer(article, content, facts) for article in content.published]
    phrasings = [
        (article.id, phrasing) for article in content.published for phrasing in article.phrasings
    ]
    passages = [(answer.id, text) for answer in answers for text in _passages(answer)]
    progress(f"reading {len(phrasings)} phrasings and {len(passages)} passages")
    vectors = _encode([text for _, text in phrasings + passages], encoder, known or {})
    counts = Counter(word for _, text in phrasings + passages for word in words(text))
    progress("writing the answers")
    database = sqlite_utils.Database(target)
    database["meta"].insert_all(
        [
            {"key": "schema", "value": SCHEMA},
            {"key": "encoder", "value": encoder.sha},
            {"key": "fingerprint", "value": content.fingerprint},
            {"key": "profile", "value": content.profile.json()},
        ],
        pk="key",
    )
    database["answer"].insert_all(
        [{"id": a.id, "content": json.dumps(asdict(a), default=str)} for a in answers], pk="id"
    )
    database["reply"].insert_all(
        [
            {"name": name, "text": " ".join(render(template, facts).split())}
            for name, template in sorted(content.replies.items())
        ],
        pk="name",
    )
    database["word"].insert_all(
        [{"word": w, "count": n} for w, n in sorted(counts.items())], pk="word"
    )
    entries = [(PHRASING, *row) for row in phrasings] + [(PASSAGE, *row) for row in passages]
    database["entry"].insert_all(
        [
            {
                "kind": kind,
                "article": article,
                "text": text,
                "seen_as": neutral(text),
                "terms": " ".join(words(neutral(text))),
                "vector": vectors[text].tobytes(),
            }
            for kind, article, text in entries
        ]
    )
    database["entry"].enable_fts(["terms"], tokenize="porter")
    database["entry_fts"].optimize()
    progress("fitting the classifier")
    weights, bias = _fit(phrasings, vectors)
    database["weights"].insert_all(
        [
            {"name": "weights", "data": weights.tobytes()},
            {"name": "bias", "data": bias.tobytes()},
        ],
        pk="name",
    )
    database.vacuum()
    database.close()


def open_artifact(path: Path, sha: str) -> Artifact:
    """Open a published file read-only; raise ArtifactError unless it is whole and readable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path.name} cannot be read ({error.strerror})") from None
    if hashlib.sha256(content).hexdigest() != sha:
        raise ArtifactError(f"{path.name} is not what was published (its hash differs)")
    try:
        # as_uri, because a `#` or `?` in the folder's name would cut the path short.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        meta = dict(database.execute("select key, value from meta").fetchall())
        if meta.get("schema") != SCHEMA:
            raise ArtifactError(f"{path.name} was made by another version; publish again")
        answers = {
            identifier: _restored(json.loads(text))
            for identifier, text in database.execute("select id, content from answer order by id")
        }
        ids = tuple(answers)
        return Artifact(
            sha=sha,
            fingerprint=meta["fingerprint"],
            encoder=meta.get("encoder", ""),
            profile=Profile(**json.loads(meta["profile"])),
            replies=dict(database.execute("select name, text from reply").fetchall()),
            ids=ids,
            answers=answers,
            phrasings=_rows(database, PHRASING, ids),
            passages=_rows(database, PASSAGE, ids),
            weights=_matrix(database, "weights").reshape(len(ids), DIMENSIONS),
            bias=_matrix(database, "bias"),
            vocabulary=dict(database.execute("select word, count from word").fetchall()),
            database=database,
        )
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path.name} is damaged ({type(error).__name__})") from error


def known_vectors(artifact: Artifact, encoder: Encoder) -> dict[str, Vectors]:
    """The vectors that an artifact already holds, by the text as the encoder saw it.

    Empty when another encoder made them: vectors of two encoders cannot be compared.
    """
    if artifact.encoder != encoder.sha:
        return {}
    rows = artifact.database.execute("select seen_as, vector from entry")
    return {seen_as: np.frombuffer(vector, np.float32) for seen_as, vector in rows}


def _answer(article: Article, content: Content, facts: Mapping[str, Any]) -> Answer:
    return Answer(
        id=article.id,
        title=render(article.title, facts),
        topics=article.topics,
        short=" ".join(render(article.short, facts).split()),
        get_help=" ".join(render(article.get_help, facts).split()),
        details=render(article.details, facts),
        sources=tuple(content.sources[key] for key in article.sources),
        related=tuple(r for r in article.related if content.articles[r].status == "published"),
        reviewed_by=article.reviewed_by,
        reviewed_on=article.reviewed_on,
        review_by=article.review_by,
    )


def _restored(data: dict[str, Any]) -> Answer:
    for name in ("reviewed_on", "review_by"):
        data[name] = dt.date.fromisoformat(data[name]) if data[name] else None
    for name in ("topics", "related"):
        data[name] = tuple(data[name])
    data["sources"] = tuple(Source(**source) for source in data["sources"])
    return Answer(**data)


def _passages(answer: Answer) -> Iterable[str]:
    """The title, the sentences of the short answer and the paragraphs behind it."""
    paragraphs = (" ".join(p.split()) for p in re.split(r"\n\s*\n", answer.details))
    sentences = re.split(r"(?<=[.!?])\s+", answer.short)
    texts = [answer.title, *sentences, *paragraphs]
    return dict.fromkeys(text for text in texts if normal(text))


def _encode(texts: list[str], encoder: Encoder, known: Mapping[str, Vectors]) -> dict[str, Vectors]:
    new = [seen for seen in dict.fromkeys(map(neutral, texts)) if seen not in known]
    # One at a time, as messages are: in a batch the last digits depend on the neighbours, and the
    # same content would not always give the same file. On one core it was measured as fast.
    vectors = {**known, **dict(zip(new, encoder.encode(new, batch=1), strict=True))}
    return {text: vectors[neutral(text)] for text in texts}


def _fit(
    phrasings: list[tuple[str, str]], vectors: Mapping[str, Vectors]
) -> tuple[Vectors, Vectors]:
    """Fit a logistic regression from vectors to articles: weights (articles, 384), bias (articles).

    Articles are in order of id. C was chosen by cross-validation (benchmarks/calibrate.py).
    """
    model = LogisticRegression(C=3, max_iter=30)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # It is stopped early on purpose; more rounds cost seconds and rank no better.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.stack([vectors[text] for _, text in phrasings]), [a for a, _ in phrasings])
    # Two classes would give one row and one none: lint asks for three articles.
    return model.coef_.astype(np.float32), model.intercept_.astype(np.float32)


def _matrix(database: sqlite3.Connection, name: str) -> Vectors:
    (data,) = database.execute("select data from weights where name = ?", [name]).fetchone()
    return np.frombuffer(data, np.float32)


def _rows(database: sqlite3.Connection, kind: str, ids: tuple[str, ...]) -> Rows:
    position = {identifier: index for index, identifier in enumerate(ids)}
    rows = database.execute(
        "select article, text, vector from entry where kind = ? order by rowid", [kind]
    ).fetchall()
    vectors = np.frombuffer(b"".join(row[2] for row in rows), np.float32)
    return Rows(
        texts=tuple(row[1] for row in rows),
        owners=np.array([position[row[0]] for row in rows], np.int64),
        vectors=vectors.reshape(len(rows), DIMENSIONS),
    )
