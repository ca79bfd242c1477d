"""A rule: one way of naming a time, as a pattern, and the pieces it means on a given day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from clinic.booking.dates.pieces import Piece


@dataclass(frozen=True)
class Reference:
    """The local date on which a phrase is read, and the order of the day and month in 3/4."""

    today: dt.date
    day_first: bool = True


# Returns None when the match is no time after all: the next rule is tried.
Builder = Callable[["re.Match[str]", Reference], "list[Piece] | None"]
Rule = tuple["re.Pattern[str]", Builder]


class Rules(list[Rule]):
    """Rules in the order in which they are tried."""

    def add(self, pattern: str) -> Callable[[Builder], Builder]:
        """Keep the decorated builder under a pattern of whole words, no part of an amount."""

        def keep(builder: Builder) -> Builder:
            self.append((re.compile(rf"(?<![\w£$€])(?:{pattern})(?![\w£$€%])"), builder))
            return builder

        return keep
