"""How visitors' words are made comparable before they are searched or counted."""

from __future__ import annotations

import re
import unicodedata

# The trade's own name stands in most questions and would otherwise dominate the sentence vector;
# replacing it by a pronoun was measured worth 2 to 7 points of accuracy.
_TRADE = re.compile(
    r"\b(?:scalp\s+(?:micro\s?-?\s?pigmentation|tattoo(?:ing|s)?|pigmentation)"
    r"|(?:hair|head)\s+tattoo(?:ing|s)?|micro\s?-?\s?pigmentation|micro\s+hair\s+pigmentation"
    r"|s\.?m\.?p\.?(?:s|'s)?)(?!\w)",
    re.IGNORECASE,
)
# Text speak that the sentence encoder reads badly. A closed list, each with one meaning only.
_SHORTHAND = {
    "u": "you", "ur": "your", "r": "are", "n": "and", "coz": "because", "cuz": "because",
    "bc": "because", "cos": "because", "pls": "please", "plz": "please", "thx": "thanks",
    "thnx": "thanks", "appt": "appointment", "appts": "appointments", "apt": "appointment",
    "wat": "what", "wot": "what", "abt": "about", "b4": "before", "2moro": "tomorrow",
    "tmrw": "tomorrow", "tmw": "tomorrow", "gonna": "going to", "wanna": "want to",
    "dont": "don't", "doesnt": "doesn't", "cant": "can't", "wont": "won't", "isnt": "isn't",
    "im": "i'm", "ive": "i've", "whats": "what's", "hows": "how's",
    "sesh": "session", "min": "minutes", "mins": "minutes", "hrs": "hours", "wk": "week",
    "wks": "weeks", "yr": "year", "yrs": "years", "w": "with", "w/": "with", "w/o": "without",
    "bf": "boyfriend", "gf": "girlfriend", "hubby": "husband", "rn": "right now",
    "idk": "i don't know", "tbh": "to be honest", "asap": "as soon as possible",
    "deets": "details",
}  # fmt: skip
_TOKEN = re.compile(r"[\w'/]+|[^\w\s]")
_WORD = re.compile(r"[a-z0-9]+")


def normal(text: str) -> str:
    """Fold a text for equality: NFKC, lower case, letters and digits with single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("'", "")
    return " ".join(re.findall(r"[^\W_]+", folded))


def neutral(text: str) -> str:
    """The text as the encoder should see it: the trade's name as `it`, shorthand written out.

    >>> neutral("Does SMP hurt?")
    'does it hurt?'
    """
    text = unicodedata.normalize("NFKC", text).replace("’", "'").strip()
    text = _TRADE.sub("it", text)
    text = " ".join(text.split())
    return _TOKEN.sub(lambda match: _SHORTHAND.get(match[0].casefold(), match[0]), text).casefold()


def words(text: str) -> list[str]:
    """The words of a text for full-text search: folded, ASCII letters and digits only."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return _WORD.findall(folded.replace("'", "").replace("’", ""))
