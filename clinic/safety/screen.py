"""The red-flag screen: words make signs, signs of the whole message make a level.

Source of the rules: NHS, AAD, FDA and Anaphylaxis UK as collected in `red_flags.yml`, which staff
and clinicians can read. This module only knows how to match phrases and when a sign is *not* being
reported: denied, gone, long ago, or merely asked about.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.safety.alert import Alert, Level, Reason, SafetyError, read_mapping
from clinic.safety.words import Spelling, Words, words

GAP = 6  # words that `..` may skip
NEAR = 8  # words that may stand between the two sides of `&`
REACH = 7  # words over which "no" still denies
SUPPOSING = 12  # words over which "what if" still supposes
STORY = 30  # words over which "years ago" still colours a story
LONG = 8  # words that the longest phrase may span before its reach is counted
AFTER = 4  # words after a sign in which "now" or "has gone" still speak of it

CUES = (
    "asserting",
    "denying",
    "breaking",
    "supposing",
    "asking",
    "present",
    "now",
    "past",
    "long_ago",
    "resolved",
)
SHIELDED = ("denying", "supposing", "asking", "resolved", "present")
# "I thought I'd be red but then I came up in hives": what follows these words is told, not asked.
TURNS = {"supposing": frozenset({"but"}), "asking": frozenset({"but", "then", "until"})}
JOINS = frozenset({"but", "and", "because", "so", "then", "now", "cos", "however", "though"})
_SECTIONS = ("spelling", "words", "ignore", "cues", "signs", "mentions", "families", "alerts")
_PART = re.compile(r"^(?:[^\W_]+\*?|<[a-z_]+>|\.\.|\^|\$)$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class _Phrase:
    """What to look for: one run of words, or two runs that stand near each other (`&`)."""

    runs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Hit:
    """A phrase found: its name, the tokens it used and the stretch they span."""

    name: str
    used: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True)
class _Rule:
    alert: Alert
    all_of: tuple[str, ...]
    none_of: tuple[str, ...]


class _Index:
    """Phrases by their first word, so that a message is read once."""

    def __init__(self, phrases: list[tuple[str, _Phrase]]) -> None:
        self._by_first: dict[str, list[tuple[str, _Phrase, int]]] = defaultdict(list)
        for name, phrase in phrases:
            for side, run in enumerate(phrase.runs):
                first = next(part for part in run if part != "^")
                self._by_first[first].append((name, phrase, side))

    def find(self, text: Words, groups: list[dict[str, set[int]]]) -> list[_Hit]:
        """Every phrase in the message."""
        hits: set[_Hit] = set()
        halves: dict[int, tuple[str, tuple[list[_Hit], list[_Hit]]]] = {}
        for at, token in enumerate(text.tokens):
            keys = [token, *(token[:n] + "*" for n in range(2, min(len(token), 20) + 1))]
            keys += [f"<{group}>" for group in groups[at]]
            for key in keys:
                for name, phrase, side in self._by_first.get(key, ()):
                    for used in _runs(text, groups, phrase.runs[side], at):
                        hit = _Hit(name, frozenset(used), used[0], used[-1] + 1)
                        if len(phrase.runs) == 1:
                            hits.add(hit)
                        else:
                            halves.setdefault(id(phrase), (name, ([], [])))[1][side].append(hit)
        for name, (left, right) in halves.values():
            hits.update(_near(text, name, left, right))
        return list(hits)


def _runs(
    text: Words, groups: list[dict[str, set[int]]], run: tuple[str, ...], at: int
) -> Iterator[tuple[int, ...]]:
    """Each way in which `run` matches from token `at` on, as the tokens used."""
    if not run:
        yield ()
        return
    part, rest = run[0], run[1:]
    if part == "^":
        if at == 0 or text.sentence[at] != text.sentence[at - 1] or at in text.commas:
            yield from _runs(text, groups, rest, at)
        return
    if part == "$":
        if at in text.commas or not joined(text, at - 1, at):
            yield from _runs(text, groups, rest, at)
        return
    if part == "..":
        for skip in range(GAP + 1):
            if skip and not joined(text, at + skip - 1, at + skip):
                return
            yield from _runs(text, groups, rest, at + skip)
        return
    if at >= len(text.tokens):
        return
    if part[0] == "<":
        ends = groups[at].get(part[1:-1], set())
    else:
        ends = {at + 1} if _fits(part, text.tokens[at]) else set()
    for end in ends:
        if rest and rest[0] != "$" and not joined(text, at, end):
            continue
        for more in _runs(text, groups, rest, end):
            yield (*range(at, end), *more)


def _fits(part: str, token: str) -> bool:
    return token.startswith(part[:-1]) if part.endswith("*") else token == part


def joined(text: Words, a: int, b: int) -> bool:
    """Whether tokens a and b exist and stand in one sentence."""
    return b < len(text.tokens) and text.sentence[a] == text.sentence[b]


def _near(text: Words, name: str, left: list[_Hit], right: list[_Hit]) -> Iterator[_Hit]:
    """Pairs of sides within reach of each other."""
    starts = [hit.start for hit in right]  # ascending, as the message is read from left to right
    for a in left:
        window = slice(
            bisect_left(starts, a.start - NEAR - LONG), bisect_right(starts, a.end + NEAR)
        )
        for b in right[window]:
            apart = max(a.start, b.start) - min(a.end, b.end)
            if 0 <= apart <= NEAR and text.sentence[a.start] == text.sentence[b.start]:
                yield _Hit(name, a.used | b.used, min(a.start, b.start), max(a.end, b.end))


class _Scope:
    """Whether a sign is reported as present, judged from the words around it."""

    def __init__(self, text: Words, hits: list[_Hit]) -> None:
        self._text = text
        shield = {i for hit in hits if hit.name == "asserting" for i in hit.used}
        self._cues: dict[str, list[_Hit]] = {cue: [] for cue in CUES}
        for hit in sorted(hits, key=lambda hit: hit.start):
            if hit.name not in SHIELDED or not hit.used & shield:
                self._cues[hit.name].append(hit)
        self._starts = {cue: [hit.start for hit in found] for cue, found in self._cues.items()}
        self._breaks = set(self._starts["breaking"])

    def reports(self, sign: _Hit) -> bool:
        """True unless the sign is denied, gone, supposed, asked about or long past."""
        return not (self.denied(sign) or self._supposed(sign) or self._past(sign))

    def denied(self, sign: _Hit) -> bool:
        """Whether a "no" reaches the sign, or it is said to have gone."""
        for no in self._around("denying", sign, sign.start - REACH - LONG, sign.end):
            before = no.end <= sign.start
            if no.used & sign.used or sign.start - no.end > REACH:
                continue
            if before and no.end in self._text.commas:
                continue  # "no, my throat is closing"
            if not self._breaks.intersection(range(no.end, sign.start)):
                return True
        return any(
            not self._breaks.intersection(range(sign.end, gone.start))
            for gone in self._around("resolved", sign, sign.start + 1, sign.end + AFTER + 1)
        )

    def _supposed(self, sign: _Hit) -> bool:
        for cue, overrides in (("supposing", ("now",)), ("asking", ("now", "present"))):
            for ask in self._around(cue, sign, sign.start - SUPPOSING - LONG, sign.end):
                if sign.start - ask.end > SUPPOSING:
                    continue
                if not TURNS[cue].isdisjoint(self._text.tokens[ask.end : sign.start]):
                    continue
                if not any(
                    self._around(override, sign, ask.end, sign.end + AFTER)
                    for override in overrides
                ):
                    return True
        return False

    def _past(self, sign: _Hit) -> bool:
        first, last = self._clause(sign)
        if any(
            here.end <= last
            for cue in ("present", "now")
            for here in self._around(cue, sign, first, last)
        ):
            return False
        told = bool(self._around("past", sign, first, last))
        return any(
            told or first <= ago.start < last
            for ago in self._around("long_ago", sign, first - STORY, last + STORY)
        )

    def _clause(self, sign: _Hit) -> tuple[int, int]:
        """The stretch around the sign up to commas and joining words."""
        stops = self._text.commas
        first, last = sign.start, sign.end
        while (
            first > max(0, sign.start - STORY)
            and first not in stops
            and self._text.tokens[first] not in JOINS
            and joined(self._text, first - 1, first)
        ):
            first -= 1
        while (
            last < sign.end + STORY
            and last not in stops
            and joined(self._text, last - 1, last)
            and self._text.tokens[last] not in JOINS
        ):
            last += 1
        return first, last

    def _around(self, cue: str, sign: _Hit, first: int, last: int) -> list[_Hit]:
        """The cues that start from token `first` to before `last`, in the sentence of the sign."""
        starts, number = self._starts[cue], self._text.sentence[sign.start]
        window = slice(bisect_left(starts, first), bisect_left(starts, last))
        return [h for h in self._cues[cue][window] if self._text.sentence[h.start] == number]


class Screen:
    """The rules of one `red_flags.yml`; `load_screen` makes it. Safe to share between threads."""

    def __init__(
        self,
        spelling: Spelling,
        groups: _Index,
        phrases: _Index,
        kinds: dict[str, str],
        families: dict[str, frozenset[str]],
        rules: list[_Rule],
    ) -> None:
        self._spelling = spelling
        self._groups = groups
        self._phrases = phrases
        self._kinds = kinds
        self._families = families
        self._rules = rules

    @property
    def alerts(self) -> frozenset[Alert]:
        """Every alert that this screen can give."""
        return frozenset(rule.alert for rule in self._rules)

    def screen(self, text: str) -> Alert | None:
        """The most serious thing this message reports, or None. Pure; never raises."""
        signs = self.signs(text)
        present = signs | {name for name, any_of in self._families.items() if signs & any_of}
        for rule in self._rules:
            if present.issuperset(rule.all_of) and present.isdisjoint(rule.none_of):
                return rule.alert
        return None

    def signs(self, text: str) -> frozenset[str]:
        """The names of the signs and circumstances that the message reports."""
        message = words(text, self._spelling)
        nothing: list[dict[str, set[int]]] = [{} for _ in message.tokens]
        groups: list[dict[str, set[int]]] = [{} for _ in message.tokens]
        for hit in self._groups.find(message, nothing):
            groups[hit.start].setdefault(hit.name, set()).add(hit.end)
        hits = self._phrases.find(message, groups)
        kinds = self._kinds
        ignored = {i for hit in hits if kinds[hit.name] == "ignore" for i in hit.used}
        scope = _Scope(message, [hit for hit in hits if kinds[hit.name] == "cues"])
        found: set[str] = set()
        for hit in hits:
            kind = kinds[hit.name]
            if hit.name in found or kind not in ("signs", "mentions") or hit.used & ignored:
                continue
            if scope.reports(hit) if kind == "signs" else not scope.denied(hit):
                found.add(hit.name)
        return frozenset(found)


def load_screen(path: Path) -> Screen:
    """Read `red_flags.yml`; raise SafetyError naming the entry and the remedy."""
    data = read_mapping(path)
    for section in _SECTIONS:
        if not data.get(section):
            raise SafetyError(f"{path.name}: {section}: is missing; restore it from your backup.")
    if unknown := set(data) - set(_SECTIONS):
        raise SafetyError(f"{path.name}: {min(unknown)}: is not a section; remove it.")
    groups = {name: _phrases(path, f"words > {name}", v, {}) for name, v in data["words"].items()}
    kinds: dict[str, str] = {}
    phrases: list[tuple[str, _Phrase]] = []
    for kind in ("ignore", "cues", "signs", "mentions"):
        entries = {"ignore": data[kind]} if kind == "ignore" else data[kind]
        for name, value in entries.items():
            if not _NAME.match(str(name)) or name in kinds:
                raise SafetyError(
                    f"{path.name}: {kind} > {name}: use a new name of small letters and _."
                )
            kinds[name] = kind
            phrases += [(name, p) for p in _phrases(path, f"{kind} > {name}", value, groups)]
    if wrong := set(CUES).symmetric_difference(n for n, kind in kinds.items() if kind == "cues"):
        raise SafetyError(f"{path.name}: cues > {min(wrong)}: cues must be {', '.join(CUES)}.")
    known = {name for name, kind in kinds.items() if kind in ("signs", "mentions")}
    families = {str(name): frozenset(map(str, v)) for name, v in data["families"].items()}
    for name, any_of in families.items():
        if stray := (any_of - known) | ({name} & known):
            raise SafetyError(
                f"{path.name}: families > {name}: {min(stray)!r} is not a sign; check its spelling."
            )
    return Screen(
        _spelling(path, data["spelling"]),
        _Index([(name, phrase) for name, listed in groups.items() for phrase in listed]),
        _Index(phrases),
        kinds,
        families,
        _rules(path, data["alerts"], known | set(families)),
    )


def _phrases(path: Path, field: str, value: Any, groups: dict[str, Any]) -> list[_Phrase]:
    """Compile a list of phrases; `red_flags.yml` explains how they are written."""
    if not isinstance(value, list) or not value:
        raise SafetyError(f"{path.name}: {field}: write a list of phrases.")
    compiled = []
    for entry in value:
        runs = tuple(tuple(side.split()) for side in str(entry).split("&"))
        parts = [part for run in runs for part in run]
        bad = [p for p in parts if not _PART.match(p) or (p[0] == "<" and p[1:-1] not in groups)]
        if bad:
            raise SafetyError(
                f"{path.name}: {field}: {bad[0]!r} is not a word, word*, .. or a known <group>."
            )
        if len(runs) > 2 or any(not run or ".." in (run[0], run[-1]) for run in runs):
            raise SafetyError(
                f"{path.name}: {field}: {str(entry)!r} needs words at both ends and one & at most."
            )
        compiled.append(_Phrase(runs))
    return compiled


def _spelling(path: Path, value: Any) -> Spelling:
    try:
        written = {str(k): str(v) for k, v in value["written_as"].items()}
        return Spelling(map(str, value["mend"]), map(str, value["leave_alone"]), written)
    except (KeyError, TypeError, AttributeError):
        raise SafetyError(
            f"{path.name}: spelling: needs the lists mend and leave_alone, and written_as."
        ) from None


def _rules(path: Path, value: Any, known: set[str]) -> list[_Rule]:
    """The table of alerts in its order: the first that holds decides."""
    rules = []
    for number, entry in enumerate(value, start=1):
        field = f"alerts > entry {number}"
        try:
            alert = Alert(Level(entry["level"]), Reason(entry["reason"]))
            when = [str(line) for line in entry["when"]]
        except (KeyError, TypeError, ValueError):
            raise SafetyError(
                f"{path.name}: {field}: needs a known level, a known reason and a list `when`."
            ) from None
        for line in when:
            wanted = [part.strip() for part in line.split("&")]
            none_of = tuple(w.removeprefix("not ") for w in wanted if w.startswith("not "))
            all_of = tuple(w for w in wanted if not w.startswith("not "))
            if unknown := set(all_of + none_of) - known:
                raise SafetyError(
                    f"{path.name}: {field}: {min(unknown)!r} is not a sign; check its spelling."
                )
            rules.append(_Rule(alert, all_of, none_of))
    order = list(Level)
    return sorted(rules, key=lambda rule: order.index(rule.alert.level))
