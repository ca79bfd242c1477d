"""Booking references: short, readable aloud, and forgiving when typed back."""

from __future__ import annotations

import re
import secrets

# No vowels, so no words; no letter that is taken for a digit. What a visitor types for a digit
# by mistake is turned back into it. 27 symbols, 6 places: about 270 million references.
DIGITS = "0123456789"
LETTERS = "CDFGHJKMNPQRTVWXY"
LENGTH = 6
_MISTAKEN = str.maketrans("OILSZB", "011528")
# Every reference has one of these, and a letter: "SMP clinic" and "SMP photos" are none.
_UNMISTAKABLE = set("34679")

_SYMBOL = "[0-9A-Z]"
_GAP = r"[ \t.\-–—]?"
_SHAPES = (
    rf"{_SYMBOL}{{6}}",
    rf"{_SYMBOL}{{3}}{_GAP}{_SYMBOL}{{3}}",
    rf"{_SYMBOL}(?:{_GAP}{_SYMBOL}){{5}}",
)
_REFERENCE = re.compile(rf"\bS\.?M\.?P[\s.:#\-–—]*({'|'.join(_SHAPES)})(?!\w)", re.IGNORECASE)
_BARE = re.compile(rf"(?<![\w-])({_SYMBOL}{{6}}|{_SYMBOL}{{3}}-{_SYMBOL}{{3}})(?![\w-])", re.I)


def new_reference() -> str:
    """Draw a reference such as `SMP-7K4Q2M`; unguessable enough beside the contact check."""
    while True:
        body = "".join(secrets.choice(DIGITS + LETTERS) for _ in range(LENGTH))
        if _plausible(body):
            return f"SMP-{body}"


def find_reference(text: str) -> str | None:
    """Find a reference in free text and return it as issued.

    Forgives case, spaces, a missing dash or prefix, and O for 0, I or L for 1, S, Z, B for 5, 2, 8.
    """
    for pattern in (_REFERENCE, _BARE):
        for match in pattern.finditer(text):
            body = re.sub(r"[^0-9A-Z]", "", match[1].upper()).translate(_MISTAKEN)
            if _plausible(body) and set(body) <= set(DIGITS + LETTERS):
                return f"SMP-{body}"
    return None


def _plausible(body: str) -> bool:
    return bool(_UNMISTAKABLE & set(body)) and bool(set(LETTERS) & set(body))
