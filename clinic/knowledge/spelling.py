"""Other readings of a message with typing slips. A reading is added, never put in place.

Only a word that neither the knowledge base nor general English knows is ever corrected, so drug
names and trade words stand as they were typed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from rapidfuzz.distance import DamerauLevenshtein

_WORD = re.compile(r"[a-z']+", re.IGNORECASE)
_SHORTEST = 4  # shorter words have too many neighbours
_REPEATED = re.compile(r"(.)\1{2,}")


class Speller:
    """Corrects towards `vocabulary` (word -> count); leaves every word of `english` alone."""

    def __init__(self, vocabulary: Mapping[str, int], english: Collection[str]) -> None:
        self._known = frozenset(vocabulary) | frozenset(english)
        self._by_length: dict[int, list[tuple[str, int]]] = {}
        for word, count in vocabulary.items():
            # A word that stands once in all the knowledge may itself be a visitor's slip.
            if len(word) >= _SHORTEST and word.isalpha() and (count > 1 or word in english):
                self._by_length.setdefault(len(word), []).append((word, count))
        self._remembered: dict[str, str] = {}

    def corrected(self, text: str) -> str | None:
        """Return the text with unknown words corrected, or None when nothing changes."""
        fixed = _WORD.sub(lambda match: self._word(match[0]), text)
        return None if fixed == text else fixed

    def _word(self, typed: str) -> str:
        word = typed.casefold().replace("'", "")
        if len(word) < _SHORTEST or word in self._known or len(word) > 20:
            return typed
        nearest = self._remembered.get(word)
        if nearest is None:
            nearest = self._nearest(_REPEATED.sub(r"\1\1", word)) or word
            if len(self._remembered) > 10_000:
                self._remembered.clear()
            self._remembered[word] = nearest
        return typed if nearest == word else nearest

    def _nearest(self, word: str) -> str | None:
        if word in self._known:
            return word
        allowed = 1 if len(word) < 7 else 2
        best: tuple[int, bool, int, str] | None = None
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            for candidate, count in self._by_length.get(length, ()):
                distance = DamerauLevenshtein.distance(word, candidate, score_cutoff=allowed)
                if distance <= allowed:
                    # Fewest slips, then the same first letter (seldom mistyped), then commonness.
                    rank = (distance, candidate[0] != word[0], -count, candidate)
                    best = min(best, rank) if best else rank
        return best[3] if best else None
