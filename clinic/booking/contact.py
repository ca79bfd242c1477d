"""Who is booking: a first name and one e-mail address or phone number, read from free text."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat

LONGEST_NAME = 40

# Domains that a near miss is probably meant for; a real look-alike is listed to leave it alone.
_COMMON_DOMAINS = (
    "gmail.com googlemail.com hotmail.com hotmail.co.uk outlook.com live.com live.co.uk msn.com "
    "yahoo.com yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com proton.me protonmail.com "
    "btinternet.com sky.com virginmedia.com talktalk.net comcast.net verizon.net "
    "mail.com email.com gmx.com gmx.net gmx.de"
).split()
# Catches `gmial.com` (.889) and spares `outlook.com.au` (.880).
_NEAR = 0.885
_TOP_LEVEL_SLIPS = {"con": "com", "cmo": "com", "comm": "com", "coom": "com", "vom": "com"}


class Kind(str, Enum):
    """How a contact is reached."""

    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True)
class Contact:
    """An e-mail address (lower-case domain) or a phone number (E.164)."""

    kind: Kind
    value: str

    @property
    def display(self) -> str:
        """How to read it back: `+44 20 7946 0958`, or the address as it is."""
        if self.kind is Kind.EMAIL:
            return self.value
        number = phonenumbers.parse(self.value)
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


@dataclass(frozen=True)
class Suggestion:
    """A usable address that looks mistyped: ask "did you mean `meant`?"."""

    given: Contact
    meant: Contact


_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"@]+")
_WORDS = {"dot": ".", "underscore": "_", "dash": "-", "hyphen": "-", "plus": "+"}
_SIGN = r"(?:\s+(?:dot|underscore|dash|hyphen|plus)\s+|[.\-_+])"
_SPOKEN = re.compile(
    rf"(?<![\w@])(?P<local>\w+(?:{_SIGN}\w+)*)\s*(?:@|\bat\b|\(at\)|\[at\])\s*"
    r"(?P<domain>[\w-]+(?:(?:\s+dot\s+|\.)[\w-]+)+)(?![\w@])",
    re.IGNORECASE,
)


def read_contact(text: str, region: str) -> Contact | Suggestion | None:
    """Find an e-mail address, else a phone number, in free text.

    `region` (such as GB) is where a number without a country code belongs. An address with a
    mistyped common domain comes back as a Suggestion. No mail server is asked.
    """
    return _read_email(text) or _read_phone(text, region)


def _read_email(text: str) -> Contact | Suggestion | None:
    written = (match[0].strip(".!?'*") for match in _ADDRESS.finditer(text))
    for candidate in (*written, *_spoken(text)):
        if contact := _email(candidate):
            domain = contact.value.rpartition("@")[2]
            meant = _email(f"{contact.value.rpartition('@')[0]}@{_meant_domain(domain)}")
            return Suggestion(contact, meant) if meant and meant != contact else contact
    return None


def _spoken(text: str) -> list[str]:
    """Addresses as they are said: `dave dot smith at gmail dot com`."""
    found = []
    for match in _SPOKEN.finditer(text):
        domain = re.sub(r"\s+dot\s+", ".", match["domain"], flags=re.IGNORECASE).lower()
        # "look at example.com" is no address; "dave at gmail.com" is.
        if "@" in match[0] or re.search(r"\sdot\s", match["domain"], re.I) or _is_common(domain):
            local = re.sub(r"\s+(\w+)\s+", lambda sign: _WORDS[sign[1].lower()], match["local"])
            found.append(f"{local}@{domain}")
    return found


def _is_common(domain: str) -> bool:
    return domain in _COMMON_DOMAINS


def _email(candidate: str) -> Contact | None:
    try:
        address = validate_email(candidate, check_deliverability=False)
    except EmailNotValidError:
        return None
    return Contact(Kind.EMAIL, address.normalized)


def _meant_domain(domain: str) -> str:
    if _is_common(domain):
        return domain
    if domain == "gmail.co.uk":  # not near enough, but nobody has an address there
        return "gmail.com"
    near = difflib.get_close_matches(domain, _COMMON_DOMAINS, n=1, cutoff=_NEAR)
    if near:
        return near[0]
    name, _, top = domain.rpartition(".")
    return f"{name}.{_TOP_LEVEL_SLIPS.get(top, top)}"


def _read_phone(text: str, region: str) -> Contact | None:
    for leniency in (phonenumbers.Leniency.VALID, phonenumbers.Leniency.POSSIBLE):
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency):
            if leniency == phonenumbers.Leniency.VALID or _looks_complete(match, region):
                number = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
                return Contact(Kind.PHONE, number)
    return None


def _looks_complete(match: phonenumbers.PhoneNumberMatch, region: str) -> bool:
    """Accept a range newer than the library's data, but not a number with a digit missing."""
    home = phonenumbers.region_code_for_country_code(match.number.country_code or 0)
    usual = phonenumbers.example_number_for_type(
        region if home == "001" else home, phonenumbers.PhoneNumberType.MOBILE
    )
    national = phonenumbers.national_significant_number(match.number)
    return (
        match.raw_string[0] in "+0"
        and usual is not None
        and len(national) == len(phonenumbers.national_significant_number(usual))
    )


_CUE = re.compile(
    r"\b(?P<sure>my\s+(?:first\s+)?name(?:\s+is|['’]?s)|(?:the\s+)?name(?:\s+is|['’]s|\s*:)"
    r"|call\s+me|i\s+go\s+by)\s+|\b(?:i['’]?m|i\s+am|it['’]?s|it\s+is|this\s+is)\s+",
    re.IGNORECASE,
)
_TITLES = {"mr", "mrs", "ms", "miss", "mx", "dr"}
_TRAILING = {"here", "speaking", "please", "thanks", "thank", "you", "cheers", "ta", "mate", "x"}
# What follows "I'm" or "it's", or answers a question, without being a name.
_NO_NAMES = set(
    """
    a able about actually afraid after again agreed all allergic almost already alright also always
    am an and another any anyone anything anytime are as ask asking at aware away awesome back bad
    bald balding because before being best better black blonde blue book booked booking both brown
    busy but bye call called can cancel cheap check clear coming completely concerned confused
    considering cool correct could currently definitely diabetic different difficult do done dont
    down due early easy either email enough even every everyone excellent exactly excited expensive
    female few fine first flexible for free friday from full fully getting glad going gonna good
    got great grey had hair half happy hard has have having he hello help her here hesitant hey hi
    him his hoping how if in inside interested is it its just keen kind last late later left let
    like likely living long looking losing lost lovely made male man many married maybe me mine
    monday more morning most much my myself name near nearly need nervous never new next nice no
    nobody none nope not nothing now of off ok okay old on one only open or our out over paid
    painful patient perfect person phone planning please pm pregnant pretty probably quite ready
    really recently red retired right said same saturday scared see self serious she should sick
    since skip so some someone something soon sore sorry still stop stressed student stuck sunday
    super supposed sure taking terrified text than thank thanks that the their them then there
    these they thin thinking thinning this those thursday tired to today tomorrow too totally
    trying tuesday two unable under unhappy unsure until up upset urgent us used very waiting want
    was we wednesday week well were what whatever when where which white who why wondering
    wonderful work working worried worrying would wrong yeah yep yes yet you young your yup
    african american asian australian black british canadian english european french german indian
    irish italian polish scottish spanish turkish welsh
    """.split()
)


def read_name(text: str, bare: bool) -> str | None:
    """Find a first name in free text: "my name's dave smith" gives `Dave`.

    With `bare`, when the visitor was just asked for it, the whole message may be the name.
    A weak cue ("I'm", "it's") in a message nobody asked for counts only before a capital letter.
    Letters of any script are kept; a name in small letters gets its capital.
    """
    text = unicodedata.normalize("NFC", text).strip()
    for cue in _CUE.finditer(text):
        words = text[cue.end() :].split()
        name = _first_name(words[:2])
        if name and (cue["sure"] or bare or name == _clean(words[0]) or _clean(words[0]).isupper()):
            return name
    return _bare_name(text) if bare else None


def _bare_name(text: str) -> str | None:
    if len(text) > LONGEST_NAME or "?" in text:
        return None
    words = [_clean(word) for word in text.split()]
    while len(words) > 1 and words[-1].casefold() in _TRAILING:
        words.pop()
    # Every word must look like a name: "Dave Smith", not "Dave can't come".
    if not 1 <= len(words) <= 3 or not all(_is_name(w) or _is_title(w) for w in words):
        return None
    return _first_name(words)


def _first_name(words: list[str]) -> str | None:
    cleaned = [_clean(word) for word in words]
    if len(cleaned) > 1 and _is_title(cleaned[0]):
        cleaned = cleaned[1:]
    if not cleaned or not _is_name(cleaned[0]):
        return None
    return cleaned[0].title() if cleaned[0].islower() else cleaned[0]


def _clean(word: str) -> str:
    return word.strip(".,;:!?\"'()*“”‘’").replace("’", "'")


def _is_title(word: str) -> bool:
    return word.rstrip(".").casefold() in _TITLES


def _is_name(word: str) -> bool:
    letters = word.replace("-", "").replace("'", "")
    return (
        0 < len(word) <= LONGEST_NAME
        and all(unicodedata.category(char)[0] in "LM" for char in letters)
        and (len(letters) > 1 or not letters.isascii())
        and not _is_title(word)
        and word.casefold() not in _NO_NAMES
        and word.casefold().split("'")[0]
        not in {"don", "can", "won", "isn", "didn", "that", "what"}
    )
