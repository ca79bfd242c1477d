"""From a visitor's words to an answer: rank the articles, then answer, ask back or decline.

Four views of the same words are fused: the mean of the three nearest phrasings, a classifier over
sentence vectors, the nearest passage of the answers themselves, and full-text search. Ranking and
deciding are kept apart: the classifier ranks best, the nearest phrasing refuses best. Every number
below was fitted by benchmarks/calibrate.py on development data, never on training phrasings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from clinic.encoder import Encoder
from clinic.knowledge.artifact import Artifact, Rows
from clinic.knowledge.spelling import Speller
from clinic.knowledge.wording import neutral, normal, words

Scores = npt.NDArray[np.float64]

NEAREST = 3  # phrasings whose mean similarity speaks for an article
OPTIONS = 3  # answers offered when asking back
# How much each view says about which article is meant: nearest phrasings, classifier (log
# probability), full text. Passages were fitted to nothing here; they only speak for the scope.
RANKING = np.array([11.0, 1.0, 0.95])
# Whether the message is about this clinic's subject at all: constant, nearest phrasing, mean of
# the nearest, nearest passage, full text.
SCOPE = np.array([-17.2, 8.3, 14.9, 7.4, 0.33])
# Decline below FAINT; answer from IN_SCOPE on if the best article has this share of the ranking
# (SURE); otherwise ask back.
FAINT = 0.1
IN_SCOPE = 0.4
SURE = 0.45
# A word or two ("how long", "ink") may mean several things: ask back unless it is clear.
SURE_OF_A_WORD = 0.65
A_WORD = 2
# A second question in the same message must be recognised this clearly on its own.
SURE_TOO = 0.4
SCOPE_TOO = 0.45


class Outcome(str, Enum):
    """What to do with a question."""

    ANSWERED = "answer"
    BOTH = "both"
    AMBIGUOUS = "clarify"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True)
class Result:
    """The outcome for one message. `articles` answer it; `options` are offered as buttons.

    `confidence` runs from 0 to 1; `sha` names the publication that was searched; `leaned` says
    that the message was read together with the question before it.
    """

    outcome: Outcome
    articles: tuple[str, ...]
    options: tuple[str, ...]
    confidence: float
    sha: str
    leaned: bool = False


@dataclass(frozen=True)
class Context:
    """What a follow-up can lean on: the question before, and the article that answered it."""

    question: str
    article: str | None = None


@dataclass(frozen=True)
class Ranking:
    """One reading of a message: the share of each article, and how much it is in scope."""

    shares: Scores
    scope: float

    @property
    def order(self) -> list[int]:
        """The articles' indexes, best first."""
        return [int(i) for i in np.argsort(-self.shares, kind="stable")]

    @property
    def best(self) -> float:
        """The share of the best article."""
        return float(self.shares.max())

    @property
    def confidence(self) -> float:
        """How likely the best article is what was asked for."""
        return self.best * self.scope


class Searcher:
    """Searches one publication. Holds no state between messages."""

    def __init__(self, artifact: Artifact, encoder: Encoder) -> None:
        self._artifact = artifact
        self._encoder = encoder
        self._exact = {
            normal(text): int(owner)
            for text, owner in zip(artifact.phrasings.texts, artifact.phrasings.owners, strict=True)
        }
        self._speller = Speller(artifact.vocabulary, encoder.words())
        self._starts = _starts(artifact.phrasings, len(artifact.ids))
        self._passage_starts = _starts(artifact.passages, len(artifact.ids))

    @property
    def artifact(self) -> Artifact:
        """The publication that is searched."""
        return self._artifact

    def search(self, text: str, context: Context | None = None) -> Result:
        """Decide what to do with a visitor's message."""
        ranking, leaned = self.rank(text), False
        if context is not None and _may_lean(text, ranking):
            together = self.rank(f"{context.question} {text}")
            if together.confidence > ranking.confidence or ranking.scope < IN_SCOPE:
                ranking, leaned = together, True
        # A phrasing that staff gave to one answer is one question, however it is written.
        if not leaned and normal(text) not in self._exact:
            both = self._both(text)
            if both is not None:
                return both
        sure = SURE_OF_A_WORD if len(words(text)) <= A_WORD and not leaned else SURE
        return self._decide(ranking, leaned, sure)

    def rank(self, text: str) -> Ranking:
        """Rank the articles for one text, over its readings."""
        exact = self._exact.get(normal(text))
        if exact is not None:
            shares = np.zeros(len(self._artifact.ids))
            shares[exact] = 1.0
            return Ranking(shares, 1.0)
        plain = neutral(text)
        rankings = [self._rank(plain)]
        corrected = self._speller.corrected(plain)
        if corrected is not None:
            rankings.append(self._rank(neutral(corrected)))
        return max(rankings, key=lambda ranking: ranking.scope)

    def views(self, plain: str) -> Scores:
        """Score every article: shape (articles, 5).

        Columns: mean of the nearest phrasings, log share of the classifier, full text, nearest
        passage, nearest phrasing.
        """
        vector = self._encoder.encode_one(plain)
        similar = self._artifact.phrasings.vectors @ vector
        nearest = _mean_of_top(similar, self._starts)
        logits = self._artifact.weights @ vector + self._artifact.bias
        log_share = logits - logits.max()
        log_share -= np.log(np.exp(log_share).sum())
        passages = np.maximum.reduceat(
            self._artifact.passages.vectors @ vector, self._passage_starts[:-1]
        )
        closest = np.maximum.reduceat(similar, self._starts[:-1])
        columns = [nearest, log_share, self._full_text(plain), passages, closest]
        views: Scores = np.stack(columns, axis=1).astype(np.float64, copy=False)
        return views

    def _rank(self, plain: str) -> Ranking:
        views = self.views(plain)
        scores = views[:, :3] @ RANKING
        shares = np.exp(scores - scores.max())
        evidence = np.array(
            [1.0, views[:, 4].max(), views[:, 0].max(), views[:, 3].max(), views[:, 2].max()]
        )
        scope = 1 / (1 + np.exp(-float(SCOPE @ evidence)))
        return Ranking(shares / shares.sum(), float(scope))

    def _full_text(self, plain: str) -> Scores:
        found = np.zeros(len(self._artifact.ids))
        terms = list(dict.fromkeys(words(plain)))[:60]
        if not terms:
            return found
        # An OR of quoted words: FTS5 raises on bare punctuation, and its AND misses most.
        query = " OR ".join(f'"{term}"' for term in terms)
        rows = self._artifact.database.execute(
            "select entry.article, -bm25(entry_fts) from entry_fts join entry"
            " on entry.rowid = entry_fts.rowid where entry_fts match ? order by rank limit 60",
            [query],
        )
        position = {identifier: index for index, identifier in enumerate(self._artifact.ids)}
        for article, score in rows:
            index = position[article]
            found[index] = max(found[index], score)
        # bm25 grows with the number of words; this keeps short and long messages comparable.
        found /= np.sqrt(len(terms))
        return found

    def _decide(self, ranking: Ranking, leaned: bool, sure: float) -> Result:
        ids, order = self._artifact.ids, ranking.order
        articles: tuple[str, ...] = ()
        options: tuple[str, ...] = ()
        if ranking.scope < FAINT:
            outcome = Outcome.NOT_COVERED
        elif ranking.scope >= IN_SCOPE and ranking.best >= sure:
            outcome, articles = Outcome.ANSWERED, (ids[order[0]],)
        else:
            outcome, options = Outcome.AMBIGUOUS, tuple(ids[index] for index in order[:OPTIONS])
        return Result(outcome, articles, options, ranking.confidence, self._artifact.sha, leaned)

    def _both(self, text: str) -> Result | None:
        parts = questions(text)
        if len(parts) < 2:
            return None
        found: dict[int, float] = {}
        for part in parts[:4]:
            ranking = self.rank(part)
            if ranking.scope >= SCOPE_TOO and ranking.best >= SURE_TOO:
                found.setdefault(ranking.order[0], ranking.confidence)
        if len(found) < 2:
            return None
        first, second = list(found)[:2]
        ids = self._artifact.ids
        return Result(
            Outcome.BOTH,
            (ids[first], ids[second]),
            (),
            min(found[first], found[second]),
            self._artifact.sha,
        )


_ASKS = (
    r"(?:what|how|when|where|who|which|why|does|do|did|is|are|am|was|will|would|can|could|should|"
    r"shall|may|has|have)\b"
)
_PARTS = re.compile(
    rf"(?<=[.?!])\s+|\n+|;|,?\s+(?:and|also|plus|but)\s+(?:also\s+)?(?={_ASKS})|,\s+(?={_ASKS})"
    r"|,\s+(?=(?:i|my \w+)\s+wants? to know)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    rf"\?\s*$|^{_ASKS}|\bwants? to know\b|\bwondering\b|\b(?:what|how) about\b",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^(?:(?:and|also|so|but|plus|ok|hi|hello|hey|what about|how about)\b[\s,]*)+", re.IGNORECASE
)


def questions(text: str) -> list[str]:
    """Split a message into the questions it asks; statements around them are left out.

    >>> questions("Does it hurt and how long does it last?")
    ['Does it hurt', 'how long does it last?']
    """
    parts = [part.strip(" ,.-") for part in _PARTS.split(text)]
    return [_LEAD_IN.sub("", part) or part for part in parts if _asks(part)]


def _asks(part: str) -> bool:
    asking = _QUESTION.search(_LEAD_IN.sub("", part)) or _QUESTION.search(part)
    return bool(asking) and (len(words(part)) >= 2 or part.endswith("?"))


_LEANING = re.compile(
    r"^(?:(?:ok|okay|right|cool|great|thanks|hmm|oh)[\s,.!]+)*(?:and\b|what about|how about|but\b|"
    r"also\b|so\b|then\b|even\b|same\b|is (?:it|that|this|there)\b|does (?:it|that|this)\b|"
    r"do (?:they|those|these)\b|why\b|how long\b|how much\b|how many\b|how often\b|when\b|"
    r"which\b|for (?:how|women|men)\b|after\b|with\b|will (?:it|that|they)\b|can (?:it|that|i)\b|"
    r"are (?:they|there|those)\b|would (?:it|that)\b|what if\b|if\b|or\b)|"
    r"\b(?:that|it|this|those|them|they|one|then|instead|too|either)\b",
    re.IGNORECASE,
)
_CARRIES_ON = re.compile(
    r"^(?:(?:ok|okay|right|cool|great|thanks|hmm|oh)[\s,.!]+)*"
    r"(?:and|what about|how about|also|or)\b|\b(?:it|that|this|those|them|they|these)\b",
    re.IGNORECASE,
)
# A longer message says by itself what it is about, and a question this clear needs no help.
LEANING_WORDS = 9
FAINT_WORDS = 5
CLEAR = 0.9
# Below this scope a message without a leaning word has nothing to do with anything.
NONSENSE = 0.02


def _may_lean(text: str, alone: Ranking) -> bool:
    """Whether a message is to be read together with the question before it as well."""
    count = len(words(text))
    if alone.confidence >= CLEAR and count > 3 and not _CARRIES_ON.search(text):
        return False
    if alone.scope < NONSENSE and not _LEANING.search(text):
        return False
    if 0 < count <= 3 or (count <= LEANING_WORDS and _LEANING.search(text)):
        return True
    faint = alone.scope < IN_SCOPE or alone.best < SURE
    return faint and count <= FAINT_WORDS


def _starts(rows: Rows, count: int) -> npt.NDArray[np.int64]:
    """Where each article's rows begin; rows are stored in order of article."""
    starts: npt.NDArray[np.int64] = np.searchsorted(rows.owners, np.arange(count + 1))
    return starts


def _mean_of_top(
    similar: npt.NDArray[np.float32], starts: Sequence[int] | npt.NDArray[np.int64]
) -> Scores:
    means = [np.sort(similar[begin:end])[-NEAREST:].mean() for begin, end in pairwise(starts)]
    return np.array(means, np.float64)
