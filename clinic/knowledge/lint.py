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
FEWEST_ARTICLES = 3

# Topics whose answers carry their own when-to-get-help lines.
RISK_TOPICS = frozenset(
    "pain_and_numbing allergy_test allergic_reaction_risk infection_and_safety "
    "fading_and_colour_change side_effects_general healing_and_redness aftercare_washing "
    "aftercare_sun_sweat_swim aftercare_products_shaving removal_and_correction "
    "contraindications_medical mri_and_medical_procedures".split()
)

_CLAIM = re.compile(
    r"\b(?:guarantee[ds]?|pain[- ]?free|painless(?:ly)?|permanent(?:ly)?|safe(?:ly)?|risk[- ]free|"
    r"scar[- ]free|side[- ]effect[- ]free|fda[- ]approved|approved by the fda|medical[- ]grade|"
    r"doctor[- ]approved|clinically proven|hypo-?allergenic|cures?|miracle|"
    r"regrows? (?:your |lost )?hair|(?:no|zero|without(?: any)?) (?:risks?|side effects?|pain|"
    r"downtime|scars|scarring))\b|\b100\s?%",
    re.IGNORECASE,
)
# A claim may stand where its own clause takes it back before making it. A negation elsewhere in
# the sentence does not count: "there is no downtime and it is painless".
_NEGATION = re.compile(
    r"\b(?:no|not(?! only| just)|never|nobody|none|nor|neither|nothing|cannot|\w+n't|without|"
    r"avoid|beware|wary|doubt|rather than|instead of|stops? short of|whether|myth|misleading|"
    r"claims? (?:of|that)|called)\b|^\W*[\"“]",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:]|\b(?:and|but)\b", re.IGNORECASE)
_LISTED = re.compile(r"\W*(?:and|or|nor)?\W*", re.IGNORECASE)
# "permanent make-up" is the trade's name for cosmetic tattooing, not a promise.
_NOT_A_CLAIM = re.compile(
    r"\b(?:semi[- ]?)?permanent (?:make-?up|cosmetics?|tattoos?|hair loss|loss)\b|"
    r"\bsemi[- ]?permanent(?:ly)?\b|\bsafe (?:practice|place)\b|\bpermanently lost\b",
    re.IGNORECASE,
)
_CHANGES = (
    r"(?:stop(?:ping)?|skip(?:ping)?|paus(?:e|ing)|start(?:ing)?|chang(?:e|ing)|halv(?:e|ing)|"
    r"doubl(?:e|ing)|reduc(?:e|ing)|lower(?:ing)?|miss(?:ing)?|avoid(?:ing)?|leav(?:e|ing) "
    r"(?:off|out)|com(?:e|ing) off|cut(?:ting)? (?:down|out)|do without)"
)
_MEDICINE = (
    r"(?:medicines?|medications?|meds|tablets?|pills?|doses?|aspirin|ibuprofen|warfarin|"
    r"blood[- ]thinners?|anticoagulants?|isotretinoin|finasteride|minoxidil|antibiotics?|"
    r"steroids?|insulin|inhalers?|antidepressants?)"
)
_CHANGE_MEDICINE = re.compile(
    rf"\b{_CHANGES}\b(?:\s+\w+){{0,3}}?\s+{_MEDICINE}\b|"
    rf"\b{_MEDICINE}(?:\s+\w+){{0,4}}?\s+(?:stopped|paused|skipped|halved|reduced)\b",
    re.IGNORECASE,
)
# What is warned of, or reported of others, is no advice of ours.
_WARNED = re.compile(
    r"\b(?:not|never|\w+n't|cannot|without|websites?|"
    rf"(?:before|whether)(?: you| to| you should)? {_CHANGES})\b",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"[£$€¥₹]\s?\d|\b(?:gbp|usd|eur|aud|cad)\s?\d|"
    r"\b\d[\d,.]*\s?(?:pounds?|quid|dollars?|euros?|gbp|usd|eur|aud|cad)\b",
    re.IGNORECASE,
)
# Nine digits or more, so that a date or a span of years is no phone number; or a short one to call.
_PHONE = re.compile(
    r"\+?(?:\d[ ().-]{0,2}){8,}\d|\b(?:call|ring|dial|phone|text)\s+(?:\w+\s+)?\d{3,}",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.\w+")
_TYPED = ((_PRICE, "price"), (_PHONE, "phone number"), (_EMAIL, "e-mail address"))
_HTML = re.compile(r"<[a-zA-Z/!][^>]*>")
# A sentence may run over several lines; an empty line, a list entry or a table row ends it.
_SENTENCE = re.compile(
    r"(?<=[.!?])[\"”'’)*_]*\s+|\n\s*\n|\n(?=\s*(?:[-*+#>|]|\d+[.)]\s))",
)


@dataclass(frozen=True)
class Report:
    """What was found: `blocking` stops a publish, `advice` does not."""

    blocking: tuple[Finding, ...]
    advice: tuple[Finding, ...]


def lint(content: Content, today: dt.date) -> Report:
    """Check all content against the house rules. What is not published cannot block."""
    blocking: list[Finding] = []
    advice: list[Finding] = []
    for article in content.articles.values():
        published = article.status == "published"
        (blocking if published else advice).extend(_problems(article, content, today))
        if published:
            advice += _upkeep(article, today)
    blocking += _replies(content)
    blocking += _shared_phrasings(content.published)
    if len(content.published) < FEWEST_ARTICLES:
        remedy = f"publish {FEWEST_ARTICLES} answers or more; telling them apart needs as many."
        blocking.append(Finding("articles", "status", remedy))
    covered = {topic for article in content.published for topic in article.topics}
    for topic in sorted(TOPICS - covered):
        advice.append(Finding("articles", "topics", f"no published answer has {topic}; write one."))
    return Report(tuple(blocking), tuple(advice))


def wording_problems(text: str) -> Iterator[str]:
    """Yield what the house rules forbid in one rendered text, as remedies."""
    for sentence in _SENTENCE.split(text):
        plain = _NOT_A_CLAIM.sub(" ", sentence)
        for claim in _claims(plain):
            yield f"claims {claim!r}, which nobody can promise; say what is known and varies."
        for change in _CHANGE_MEDICINE.finditer(plain):
            if not _WARNED.search(plain[: change.end()]):
                yield f"tells people to change a medicine ({change[0]!r}); say: ask the prescriber."
        count = len(sentence.split())
        if count > LONGEST_SENTENCE:
            start = " ".join(sentence.split()[:5])
            yield f"has a sentence of {count} words ({start!r} …); split it."


def _claims(sentence: str) -> Iterator[str]:
    if sentence.rstrip(" *_").endswith("?"):
        return
    end, taken_back = 0, False
    for claim in _CLAIM.finditer(sentence):
        between = sentence[end : claim.start()]
        # In "not painless, safe or permanent" the one negation speaks for all three.
        if not (taken_back and _LISTED.fullmatch(between)):
            taken_back = bool(_NEGATION.search(_CLAUSE.split(between)[-1]))
        if not taken_back:
            yield claim[0]
        end = claim.end()


def _problems(article: Article, content: Content, today: dt.date) -> Iterator[Finding]:
    yield from _references(article, content, today)
    if RISK_TOPICS & set(article.topics) and "country." not in article.get_help:
        remedy = "say when to get help, and where: {{ country.urgent_advice }}."
        yield Finding(article.file, "get_help", remedy)
    for field in ("title", "short", "get_help", "details"):
        for remedy in _text_problems(getattr(article, field), content):
            yield Finding(article.file, field, remedy)
    count = len(article.short.split())
    if count > LONGEST_SHORT:
        yield Finding(article.file, "short", f"has {count} words; keep it to {LONGEST_SHORT}.")


def _references(article: Article, content: Content, today: dt.date) -> Iterator[Finding]:
    for key in article.sources:
        if key not in content.sources:
            remedy = f"{key!r} is not in sources.yml; add it there or correct the key."
            yield Finding(article.file, "sources", remedy)
    for other in article.related:
        if other not in content.articles or other == article.id:
            remedy = f"{other!r} is not another answer; correct the id or take it out."
            yield Finding(article.file, "related", remedy)
    if article.reviewed_by and not article.reviewed_on:
        yield Finding(article.file, "reviewed_on", "is missing; give the day of the review.")
    if article.reviewed_on and not article.reviewed_by:
        yield Finding(article.file, "reviewed_by", "is missing; say who reviewed it.")
    if article.reviewed_on and article.reviewed_on > today:
        yield Finding(article.file, "reviewed_on", "is still to come; give the day of the review.")


def _replies(content: Content) -> Iterator[Finding]:
    for name, template in content.replies.items():
        for remedy in _text_problems(template, content):
            yield Finding("replies.yml", name, remedy)


def _text_problems(template: str, content: Content) -> Iterator[str]:
    for pattern, what in _TYPED:
        match = pattern.search(template)
        if match:
            yield f"{match[0]!r} looks like a typed {what}; move it to clinic.yml."
    if _HTML.search(template):
        yield "contains HTML; write plain Markdown."
    try:
        yield from wording_problems(render(template, content.facts()))
    except RenderError as error:
        yield str(error)


def _upkeep(article: Article, today: dt.date) -> Iterator[Finding]:
    if article.review_by < today:
        yield Finding(article.file, "review_by", "is past; read the answer again and renew it.")
    if len(article.phrasings) < FEWEST_PHRASINGS:
        remedy = f"has {len(article.phrasings)}; {FEWEST_PHRASINGS} or more are understood better."
        yield Finding(article.file, "phrasings", remedy)


def _shared_phrasings(articles: list[Article]) -> Iterator[Finding]:
    owner: dict[str, Article] = {}
    for article in articles:
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
