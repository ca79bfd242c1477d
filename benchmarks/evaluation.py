"""Measure the whole assistant on the evaluation set, through real model, rules and actions.

    python -m benchmarks.evaluation [--out-of-scope FILE] [--details]

The set in tests/evaluation is never trained on. FILE is JSON Lines of {"text": ...} that have
nothing to do with SMP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from clinic.settings import PROJECT, Settings
from stipple.conversation import Assistant

EVALUATION = PROJECT / "tests" / "evaluation"
Case = dict[str, Any]
console = Console()


def read_cases(path: Path) -> list[Case]:
    """Read JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def judge_question(case: Case, result: Case) -> str:
    """right, tap (the right button was offered), asked, declined, wrong, or other."""
    wanted = set(case["topics"])
    kind = result["kind"]
    if kind in ("answer", "both", "details"):
        return "right" if wanted & set(result["topics"]) else "wrong"
    if kind == "clarify":
        return "tap" if wanted & set(result["option_topics"]) else "asked"
    return "declined" if kind == "not_covered" else kind


def judge_both(case: Case, result: Case) -> str:
    """both, one or none of two questions answered."""
    given = set(result["topics"])
    found = sum(bool(given & set(topics)) for topics in case["topics_each"])
    return ("none", "one", "both")[found]


def judge_level(case: Case, result: Case) -> str:
    """ok, missed (too low), alarm (emergency or urgent without cause) or other."""
    order = [None, "normal", "nonurgent", "urgent", "emergency"]
    level, wanted = result["level"], case["level"]
    if level == wanted or level in case.get("accept", []):
        return "ok"
    if order.index(level) < order.index(wanted):
        return "missed"
    return "alarm" if level in ("urgent", "emergency") else "other"


def judge_turn(case: Case, result: Case) -> str:
    """ok or wrong kind of turn."""
    accepted = {case["intent"], *case.get("accept", [])}
    intent = result["intent"]
    if intent == "nlu_fallback":
        intent = (
            "ask_question" if result["kind"] in ("answer", "both", "clarify") else "out_of_scope"
        )
    return "ok" if intent in accepted else "wrong"


async def run(assistant: Assistant, cases: list[Case], title: str) -> list[Case]:
    """Hold one fresh conversation for each case; return the last turns."""
    results = []
    for case in track(cases, title, console=console, transient=True):
        turns = await assistant.converse(case.get("turns") or [case["text"]])
        results.append(turns[-1].as_dict())
    return results


def tally(
    cases: list[Case], results: Iterable[Case], judge: Any, details: bool, good: set[str]
) -> Counter[str]:
    """Count the judgements; print what is not good when `details` are wanted."""
    counts: Counter[str] = Counter()
    for case, result in zip(cases, results, strict=True):
        verdict = judge(case, result)
        counts[verdict] += 1
        if details and verdict not in good:
            wanted = case.get("topics") or case.get("intent") or case.get("level")
            got = result["articles"] or result["options"]
            said = case.get("text") or " | ".join(case["turns"])
            console.print(
                f"{verdict}: {result['intent']}/{result['kind']}/{result['level']} {got} "
                f"wanted {wanted}: {said[:140]}",
                markup=False,
                style="dim",
                soft_wrap=True,
            )
    return counts


def lines(name: str, counts: Counter[str]) -> Iterator[tuple[str, str, str]]:
    """Rows of the table: what, count, share."""
    total = sum(counts.values())
    for verdict, count in counts.most_common():
        yield name, f"{verdict} {count}/{total}", f"{100 * count / total:.1f} %"


async def main() -> None:
    """Run every part of the evaluation and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out-of-scope", type=Path)
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--only", help="one part, such as turns")
    options = parser.parse_args()
    parts: list[tuple[str, str, Any, set[str]]] = [
        ("questions", "questions.jsonl", judge_question, {"right", "tap"}),
        ("typos", "typos.jsonl", judge_question, {"right", "tap"}),
        ("two questions", "double.jsonl", judge_both, {"both"}),
        ("follow-ups", "followups.jsonl", judge_question, {"right", "tap"}),
        ("turns", "turns.jsonl", judge_turn, {"ok"}),
    ]
    assistant = Assistant(Settings.from_environment())
    table = Table("part", "verdict", "share")
    for name, file, judge, good in parts:
        if options.only in (None, name):
            cases = read_cases(EVALUATION / file)
            results = await run(assistant, cases, name)
            counts = tally(cases, results, judge, options.details, good)
            for row in lines(name, counts):
                table.add_row(*row)
    if options.only in (None, "safety"):
        cases = read_cases(EVALUATION / "safety.jsonl")
        results = await run(assistant, cases, "safety")
        for level in ("emergency", "urgent", "nonurgent", "normal", None):
            chosen = [(c, r) for c, r in zip(cases, results, strict=True) if c["level"] == level]
            counts = tally(
                [c for c, _ in chosen], [r for _, r in chosen], judge_level, options.details, {"ok"}
            )
            for row in lines(f"safety: {level}", counts):
                table.add_row(*row)
    if options.out_of_scope and options.only in (None, "out of scope"):
        cases = read_cases(options.out_of_scope)
        results = await run(assistant, cases, "out of scope")
        counts = Counter(result["kind"] for result in results)
        if options.details:
            for case, result in zip(cases, results, strict=True):
                if result["kind"] in ("answer", "both", "booking", "urgent"):
                    console.print(
                        f"{result['kind']} {result['intent']} {result['articles']} "
                        f"{result['confidence']}: {case['text'][:120]}",
                        markup=False,
                        style="dim",
                        soft_wrap=True,
                    )
        for row in lines("out of scope", counts):
            table.add_row(*row)
    assistant.close()
    console.print(table)


if __name__ == "__main__":
    asyncio.run(main())
