"""The house rules for answers, in staff language. What blocks is never published.

Each rule is described for staff in docs/knowledge.md; the wording rules come from the fact brief's
house rules (no promises, no medical claims, no changes to medicines, no typed clinic facts).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from clinic.knowledge.article import TOPICS, Article, Finding
from clinic.knowledge.content import Content
from clinic.knowledge.render import RenderError, render
from clinic.knowledge.wording import normal

LONGEST_SENTENCE = 32  # words
LONGEST_SHORT = 110  # words
FEWEST_PHRASINGS = 40

# Topics whose answers carry their own when-to-get-help lines.
RISK_TOPICS = frozenset(
    "pain_and_numbing allergy_test allergic_reaction_risk infection_and_safety "
    "fading_and_colour_change side_effects_general healing_and_redness aftercare_washing "
    "aftercare_sun_sweat_swim aftercare_products_shaving removal_and_correction "
    "contraindications_medical mri_and_medical_procedures".split()
)

_CLAIM = re.compile(
    r"\b(guarantee[ds]?|guaranteed|pain[- ]?free|painless(?:ly)?|permanent(?:ly)?|safe(?:ly)?|"
    r"risk[- ]free|fda[- ]approved|medical[- ]grade|hypo-?allergenic|cures?|miracle|"
    r"regrows? (?:your |lost )?hair|"
    r"100\s?%|side[- ]effect[- ]free|doctor[- ]approved|clinically proven)\b",
    re.IGNORECASE,
)
# A claim is allowed where the same sentence takes it back, or asks about it.
_NEGATION = re.compile(
    r"\b(no|not|never|nobody|no one|none|nor|cannot|can't|without|isn't|doesn't|don't|won't|"
    r"neither|rather than|instead of|nothing|stops? short of|misleads?|avoid|beware|claims?|"
    r"promis\w+|called|says?|if|whether|until|as if|treat it as|semi|when|warning)\b|\?",
    re.IGNORECASE,
)
# "permanent make-up" is the trade's name for cosmetic tattooing, not a promise.
_NOT_A_CLAIM = re.compile(
    r"\b(?:semi[- ]?)?permanent (?:make-?up|cosmetics?|tattoos?|hair loss|loss)\b|"
    r"\bsafe (?:practice|place)\b|\bpermanently lost\b",
    re.IGNORECASE,
)
_MEDICINE = (
    r"(?:medicines?|medications?|meds|tablets?|pills?|aspirin|warfarin|blood[- ]thinners?|"
    r"isotretinoin|finasteride|minoxidil|antibiotics?|steroids?|anticoagulants?)"
)
_CHANGE_MEDICINE = re.compile(
    rf"\b(?:stop|stopping|skip|pause|start|change|halve|double|reduce|come off)\b"
    rf"(?:\s+\w+){{0,3}}\s+{_MEDICINE}",
    re.IGNORECASE,
)
# What is warned of, or reported of others, is no advice of ours.
_REPORTED = re.compile(
    r"\b(?:not|never|don't|cannot|can't|without|websites?|web pages|pages|online|some clinics|if|"
    r"whether|before you|ask)\b",
    re.IGNORECASE,
)
_PRICE = re.compile(r"[£$€]\s?\d|\b\d[\d,.]*\s?(?:pounds?|dollars?|euros?|gbp|usd|eur)\b", re.I)
_PHONE = re.compile(r"(?<![\d.])\+?\(?\d[\d\s().-]{7,}\d(?!\d)")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.\w+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_HTML = re.compile(r"<[a-zA-Z/!][^>]*>")


@dataclass(frozen=True)
class Report:
    """What was found: `blocking` stops a publish, `advice` does not."""

    blocking: tuple[Finding, ...]
    advice: tuple[Finding, ...]


def lint(content: Content, today: dt.date) -> Report:
    """Check all content against the house rules."""
    blocking: list[Finding] = []
    advice: list[Finding] = []
    for article in content.articles.values():
        blocking += _references(article, content)
        blocking += _texts(article, content)
        advice += _upkeep(article, today)
    blocking += _replies(content)
    blocking += _shared_phrasings(content)
    covered = {topic for article in content.published for topic in article.topics}
    for topic in sorted(TOPICS - covered):
        advice.append(Finding("articles", "topics", f"no published answer has {topic}; write one."))
    return Report(tuple(blocking), tuple(advice))


def _references(article: Article, content: Content) -> Iterator[Finding]:
    for key in article.sources:
        if key not in content.sources:
            remedy = f"{key!r} is not in sources.yml; add it there or correct the key."
            yield Finding(article.file, "sources", remedy)
    for other in article.related:
        if other not in content.articles:
            remedy = f"{other!r} is not an answer; correct the id or take it out."
            yield Finding(article.file, "related", remedy)
    if article.reviewed_by and not article.reviewed_on:
        yield Finding(article.file, "reviewed_on", "is missing; give the day of the review.")
    if article.reviewed_on and not article.reviewed_by:
        yield Finding(article.file, "reviewed_by", "is missing; say who reviewed it.")


def _replies(content: Content) -> Iterator[Finding]:
    for name, template in content.replies.items():
        try:
            rendered = render(template, content.facts())
        except RenderError as error:
            yield Finding("replies.yml", name, str(error))
            continue
        for remedy in wording_problems(rendered):
            yield Finding("replies.yml", name, remedy)


def _texts(article: Article, content: Content) -> Iterator[Finding]:
    if RISK_TOPICS & set(article.topics) and not article.get_help:
        remedy = "is missing; say when to get help, with {{ country.urgent_advice }}."
        yield Finding(article.file, "get_help", remedy)
    texts = {"short": article.short, "get_help": article.get_help, "details": article.details}
    for field, template in texts.items():
        for text, problem in ((_PRICE, "price"), (_PHONE, "phone number"), (_EMAIL, "e-mail")):
            match = text.search(template)
            if match:
                remedy = f"{match[0]!r} looks like a typed {problem}; move it to clinic.yml."
                yield Finding(article.file, field, remedy)
        if _HTML.search(template):
            yield Finding(article.file, field, "contains HTML; write plain Markdown.")
        try:
            rendered = render(template, content.facts())
        except RenderError as error:
            yield Finding(article.file, field, str(error))
            continue
        for remedy in wording_problems(rendered):
            yield Finding(article.file, field, remedy)
    if len(article.short.split()) > LONGEST_SHORT:
        remedy = f"has {len(article.short.split())} words; keep it to {LONGEST_SHORT}."
        yield Finding(article.file, "short", remedy)


def wording_problems(text: str) -> Iterator[str]:
    """Yield what the house rules forbid in one rendered text, as remedies."""
    for sentence in _SENTENCE.split(text):
        plain = _NOT_A_CLAIM.sub(" ", sentence)
        claim = _CLAIM.search(plain)
        if claim and not _NEGATION.search(plain):
            yield f"claims {claim[0]!r}, which nobody can promise; say what is known and varies."
        change = _CHANGE_MEDICINE.search(plain)
        if change and not _REPORTED.search(plain):
            yield f"tells people to change a medicine ({change[0]!r}); say: ask the prescriber."
        if len(sentence.split()) > LONGEST_SENTENCE:
            start = " ".join(sentence.split()[:5])
            yield f"has a sentence of {len(sentence.split())} words ({start!r} …); split it."


def _upkeep(article: Article, today: dt.date) -> Iterator[Finding]:
    if article.status != "published":
        return
    if article.review_by < today:
        yield Finding(article.file, "review_by", "is past; read the answer again and renew it.")
    if len(article.phrasings) < FEWEST_PHRASINGS:
        remedy = f"has {len(article.phrasings)}; {FEWEST_PHRASINGS} or more are understood better."
        yield Finding(article.file, "phrasings", remedy)


def _shared_phrasings(content: Content) -> Iterator[Finding]:
    owner: dict[str, Article] = {}
    for article in content.articles.values():
        for phrasing in article.phrasings:
            key = normal(phrasing)
            if not key:
                yield Finding(article.file, "phrasings", f"{phrasing!r} has no words; take it out.")
            elif key in owner:
                other = "twice here" if owner[key] is article else f"also in {owner[key].file}"
                remedy = f"{phrasing!r} stands {other}; keep it in one place."
                yield Finding(article.file, "phrasings", remedy)
            else:
                owner[key] = article
