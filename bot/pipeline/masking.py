"""Names, numbers and times as mask words: booking messages differ by their details, not by kind."""

from __future__ import annotations

import re

from clinic.knowledge.wording import neutral

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r?s(?:day)?)?|fri(?:day)?|"
    r"satur?day|sunday|sat|weekend)s?"
)
_CLOCK = r"(?:\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|o'?clock|ish)|\d{1,2}:\d{2}|noon|midday)"
_ONE_WHEN = (
    rf"(?:(?:this|next|coming|on|last)\s+)?{_DAY}"
    rf"|(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)(?:\s+(?:of\s+)?{_MONTH})?"
    rf"|\d{{1,2}}\s+{_MONTH}(?:\s+20\d\d)?|(?<!\bi\s){_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?"
    r"|20\d\d-\d\d-\d\d|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
    r"|today|tonight|tomorrow|tmrw|tmw|2moro|tomoz|next week|this week"
    r"|(?:in the |this )?(?:morning|afternoon|evening|arvo)s?\b"
    rf"|(?:at|after|before|around|about|from)\s+{_CLOCK}|{_CLOCK}"
)
_WHEN = re.compile(rf"\b(?:{_ONE_WHEN})\b(?:[\s,]+(?:{_ONE_WHEN})\b)*", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w/-])\+?\(?\d(?:[\s().-]?\d){8,14}(?!\w)")
_REFERENCE = re.compile(r"\bSMP[\s-]?(?=[A-Z0-9]*\d)[A-Z0-9]{6}\b", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(my name(?:'?s| is)|i'?m called)\s+(?!(?:not|an?|the|my|it|on|in|really)\b)[^\W\d_][\w'-]+"
    r"(?:\s+(?-i:[A-Z])[\w'-]+)?",
    re.IGNORECASE,
)
# After these most words are no names, so only a capital letter counts.
_CALLED = re.compile(
    r"\b((?i:hi|hello|hey)[,!]?\s+(?i:it'?s|i'?m|im|i am)|(?:I'm|I am)|(?i:this is|call me|name's))"
    r"\s+[A-Z][a-z]+\b"
)


# What the encoder reads for a mask word: it knows ordinary words better than code.
_ORDINARY = {
    "WHEN": "on tuesday",
    "NAME": "sam",
    "PHONE": "my number",
    "EMAIL": "my email address",
    "REFERENCE": "booking reference code",
}
_MASK = re.compile(rf"\b(?:{'|'.join(_ORDINARY)})\b")


def mask(text: str) -> str:
    """Replace e-mail addresses, references, phone numbers, names and times by mask words.

    >>> mask("hi I'm Dave, tuesday at 3pm? 07911 123456")
    "hi I'm NAME, WHEN? PHONE"
    """
    text = _EMAIL.sub("EMAIL", text)
    text = _REFERENCE.sub("REFERENCE", text)
    text = _PHONE.sub("PHONE", text)
    text = _NAMED.sub(r"\1 NAME", text)
    text = _CALLED.sub(r"\1 NAME", text)
    return _WHEN.sub("WHEN", text)


def seen_by_classifier(text: str) -> str:
    """The message as both featurizers see it: details made alike, the trade's own name left out."""
    return neutral(_MASK.sub(lambda found: _ORDINARY[found[0]], mask(text)))


def without_contact(text: str) -> str:
    """Leave e-mail addresses and phone numbers out of a text."""
    return _PHONE.sub(" ", _EMAIL.sub(" ", text)).strip()
