"""Rules for the small words that join, rule out and set limits."""

from __future__ import annotations

import re

from clinic.booking.dates.pieces import Link
from clinic.booking.dates.rules import Builder, Rules
from clinic.booking.dates.words import AMOUNT, DAY_WORDS, MONTHS, PART

LINK_RULES = Rules()

_LINKS = {
    Link.NOT_THAT: (
        r"(?:is|are|do|does|will|would)(?: not|n'?t)(?: really)? (?:work|good|great|ok|suit"
        r"|possible|available|free|any good|be)(?: for me)?",
        r"(?:is|are|'s) (?:no good|bad|out|impossible)|no good",
    ),
    Link.FROM: (
        "not (?:until|till?|before)|on or after|any ?time from|from|starting(?: from| on)?|as of",
    ),
    Link.NOT: (
        r"(?:any|every|all|some)\s*(?:day|time|thing)s? (?:but(?! not)|except|bar)",
        r"(?:any|every|all|some)\s*(?:day|time|thing)s? (?:apart from|other than)",
        r"anything (?:but|except)|any other day than|except(?:ing)?(?: for)?|apart from|other than",
        r"(?<!why )not(?! (?:sure|fussed|bothered|bad|only)\b)|excluding|never|avoid|rather not",
        rf"no(?= (?:{DAY_WORDS}|{PART}))",
        r"(?:can'?t|cannot|couldn'?t|won'?t|unable to|don'?t(?! mind))"
        r"(?: (?:do|make|come|manage|work|want|like|be|get))?(?: (?:it|there|in|on))?",
        "(?:away|on (?:holiday|vacation)|abroad|busy|out of town|unavailable|fully booked)",
    ),
    Link.OR: ("or|and/or|alternatively|otherwise|failing that",),
    Link.AND: ("and|nor|plus",),
    Link.STOP: ("but|works?|(?:is|are) (?:fine|good|ok|okay|great|best|better|perfect)",),
    Link.MOVE: ("(?:move|chang|reschedul|swap|switch|push|bring)(?:e|ed|ing|ped|ping)?",),
    Link.AFTER: ("(?:any ?time )?after|later than|past",),
    Link.BEFORE: ("(?:any ?time )?before|earlier than|prior to|ahead of",),
    Link.BY: ("by|until|till?|no later than",),
    Link.BETWEEN: ("between",),
    Link.TO: ("to|through|thru",),
    Link.ONWARDS: ("onwards?|or later|and (?:later|after)|or after",),
    Link.SOONEST: (
        r"a\.?s\.?a\.?p\.?|as (?:soon|early) as (?:possible|you can|poss)|soonest|earliest",
        "(?:first|next) (?:free |available )?(?:available|slot|opening|availability|free)",
        "straight away|right away|sooner the better",
    ),
    Link.ANY: (
        "any ?time|any ?day|whenever|(?:i'?m|i am) (?:flexible|easy)|no preference|all day",
        "(?:don'?t|do not) mind(?: when)?",
        "(?:any|either)(?: of them)? (?:is|are|will be) (?:fine|ok|good)",
    ),
    Link.PAST: (
        rf"yesterday|last (?:{DAY_WORDS}|week|weekend|month|year|night|time)(?! (?:in|of)\b)",
        rf"since(?: (?:{DAY_WORDS}|{MONTHS}))?|{AMOUNT} (?:day|week|month|year)s? ago",
        rf"the (?:other|previous) (?:{DAY_WORDS}|day|week)",
    ),
}
_SIGNS = {Link.TO: "[-–—]", Link.OR: "/", Link.AND: "[&+]"}


def _always(link: Link) -> Builder:
    return lambda _found, _ref: [link]


for _link, _patterns in _LINKS.items():
    LINK_RULES.add("|".join(_patterns))(_always(_link))
for _link, _sign in _SIGNS.items():
    LINK_RULES.append((re.compile(_sign), _always(_link)))
