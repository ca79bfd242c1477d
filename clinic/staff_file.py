"""Files that staff write by hand: UTF-8 text and plain YAML, with problems told in one line.

Plain means that values are texts, numbers, dates, lists and names with values. YAML's aliases and
tags are refused: staff never need them, a stray `*` or `!` at the start of a text means them by
accident, and chained aliases can make a small file grow without bound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

LARGEST = 1_000_000  # bytes; the longest file that ships has 100,000
DEEPEST = 20  # lists and names within each other; the files that ship need three


class StaffFileError(ValueError):
    """What is wrong with a file: `field` says where, `remedy` what to do. The caller names it."""

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(f"{field}: {remedy}")
        self.field = field
        self.remedy = remedy


def read_text(path: Path) -> str:
    """Read a text file, with or without a byte order mark; line ends become `\\n`."""
    try:
        if path.stat().st_size > LARGEST:
            raise StaffFileError("file", "is far too large; is it the right file?")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StaffFileError("file", "is missing; restore it from your backup.") from None
    except OSError as error:
        remedy = f"cannot be opened ({error.strerror}); check the file and its permissions."
        raise StaffFileError("file", remedy) from None
    except UnicodeDecodeError as error:
        remedy = f"not saved as UTF-8 (byte {error.start}); save the file again as UTF-8."
        raise StaffFileError("encoding", remedy) from None


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file of named values."""
    return parse_mapping(read_text(path))


def parse_mapping(text: str, below: int = 0) -> dict[str, Any]:
    """Parse YAML lines of `name: value`; `below` lines stand above the text in its file."""
    try:
        _only_plain(text, below)
        data = YAML(typ="safe").load(text)
    except StaffFileError:
        raise
    except YAMLError as error:
        raise StaffFileError("text", _unreadable(error, below)) from None
    except (ValueError, TypeError, OverflowError) as error:  # such as the date 2026-02-31
        remedy = f"has a value that cannot be read ({error}); check dates and numbers."
        raise StaffFileError("text", remedy) from None
    if not isinstance(data, dict):
        raise StaffFileError("text", "should be lines of `name: value`.")
    return {str(name): value for name, value in data.items()}


def _only_plain(text: str, below: int) -> None:
    depth = 0
    for event in YAML(typ="safe").parse(text):
        where = f"line {event.start_mark.line + 1 + below}"
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise StaffFileError("text", f"{where} is nested too deeply; use plain lists.")
        if isinstance(event, AliasEvent):
            raise StaffFileError(
                "text", f"{where} has a value that begins with *; put it in quotes."
            )
        if isinstance(event, NodeEvent) and getattr(event, "tag", None):
            raise StaffFileError(
                "text", f"{where} has a value that begins with !; put it in quotes."
            )


def _unreadable(error: YAMLError, below: int) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1 + below}" if mark is not None else "something"
    problem = " ".join(str(getattr(error, "problem", None) or "cannot be read").split())
    return f"{where} is not readable ({problem}); check quotes, colons and indentation there."
