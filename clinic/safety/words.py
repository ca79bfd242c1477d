"""A message as plain words: one case, one spelling, sentence ends and commas kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# A part of a message this long says no more; the channel's own cap is 1,000 characters.
LONGEST = 4_000
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?|[.!?;:\n…]+|[,()\-–—/]")
_APOSTROPHE = re.compile(r"(?<=\w)['’‘`´ʼ](?=\w)")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_DISGUISED = re.compile(r"(?<=[a-z])[013457@$!*](?=[a-z])")
_SPELLED_OUT = re.compile(r"\b[a-z](?:[ .\-][a-z]){3,}\b")
_DISGUISE = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}


@dataclass(frozen=True)
class Words:
    """`sentence[i]` numbers the sentence of `tokens[i]`; `commas` are tokens a comma precedes."""

    tokens: tuple[str, ...]
    sentence: tuple[int, ...]
    commas: frozenset[int]


class Spelling:
    """Mends the spelling of listed words only, so that ordinary words are never bent into signs.

    Two words are alike when they start with the same letter and dropping at most one letter
    from each leaves the same: one slip of any kind, or a letter that moved.
    """

    def __init__(
        self, mended: Iterable[str], protected: Iterable[str], written: Mapping[str, str]
    ) -> None:
        """Look for `mended` words, leave `protected` ones, replace `written` ones as listed."""
        words = set(mended)
        self._known = words | set(protected)
        self._written = dict(written)
        self._near: dict[str, str] = {}
        for word in sorted(words):
            for shorter in _drop_one(word):
                self._near.setdefault(shorter, word)

    def mend(self, word: str) -> list[str]:
        """The word as it was probably meant, which may be several words ("icant")."""
        if word in self._written:
            return self._written[word].split()
        if word in self._known or not 5 <= len(word) <= 20 or not word.isalpha():
            return [word]
        for shorter in _drop_one(word):
            near = self._near.get(shorter)
            if near and near[0] == word[0]:
                return [near]
        return [word]


def _drop_one(word: str) -> list[str]:
    return [word, *(word[:i] + word[i + 1 :] for i in range(len(word)))]


def plain(text: str) -> str:
    """Lower case without accents, apostrophes, drawn-out letters or disguised ones ("k1ll")."""
    text = unicodedata.normalize("NFKD", text[:LONGEST]).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("ł", "l")
    text = _APOSTROPHE.sub("", text)
    text = _DISGUISED.sub(lambda m: _DISGUISE.get(m[0], "i" if m[0] == "!" else ""), text)
    text = _SPELLED_OUT.sub(lambda m: re.sub(r"[ .\-]", "", m[0]), text)
    return _REPEATED.sub(r"\1\1", text)


def words(text: str, spelling: Spelling) -> Words:
    """Split a message into words; decimals lose their fraction (38.5 is read as 38)."""
    tokens: list[str] = []
    sentence: list[int] = []
    commas: set[int] = set()
    number = 0
    for match in _TOKEN.finditer(plain(text)):
        piece = match[0]
        if piece[0].isdigit():
            found = [re.split("[.,]", piece)[0]]
        elif piece[0].isalpha():
            found = spelling.mend(piece)
        elif piece[0] in ",()-–—/":
            commas.add(len(tokens))
            continue
        else:
            number += 1
            continue
        tokens.extend(found)
        sentence.extend([number] * len(found))
    return Words(tuple(tokens), tuple(sentence), frozenset(commas))
