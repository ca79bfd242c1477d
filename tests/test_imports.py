"""Imports point one way: stipple -> bot, console -> clinic; nothing is opened at import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# A package, and what its files may not import.
FORBIDDEN = {
    "clinic": ("bot", "console", "stipple", "rasa", "rasa_sdk", "sanic", "flask"),
    "clinic/knowledge": ("clinic.booking",),
    "clinic/booking": ("clinic.knowledge",),
    "bot": ("console", "stipple"),
    "console": ("bot", "stipple", "rasa", "rasa_sdk"),
}
# What opens a file, a database or a connection.
OPENERS = frozenset(
    "open open_engine create_engine connect read_text read_bytes write_text write_bytes "
    "load_profile load_screen load_country load_replies read_content read_article upgrade "
    "urlopen InferenceSession Encoder Library Searcher Diary Receipts from_environment".split()
)


def violations(folder: str, source: str) -> list[str]:
    """The imports of one file that its package forbids."""
    forbidden = FORBIDDEN[folder]
    return [
        name
        for name in _imported(ast.parse(source))
        if any(name == other or name.startswith(f"{other}.") for other in forbidden)
    ]


def opened(source: str) -> list[str]:
    """The calls that open something and run as soon as the file is imported."""
    return [
        name
        for node in _run_at_import(ast.parse(source))
        if isinstance(node, ast.Call) and (name := _called(node)) in OPENERS
    ]


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from clinic import booking` imports clinic.booking.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            assert node.level == 0, "imports are absolute here, so that they can be checked"


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            at_import = [*child.decorator_list, *child.args.defaults]
            for part in at_import + [d for d in child.args.kw_defaults if d is not None]:
                yield part
                yield from _run_at_import(part)
        elif not isinstance(child, ast.Lambda) and not _is_main_guard(child):
            yield child
            yield from _run_at_import(child)


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _files(folder: str) -> list[Path]:
    return sorted((PROJECT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_point_one_way(folder: str) -> None:
    wrong = {
        str(path.relative_to(PROJECT)): found
        for path in _files(folder)
        if (found := violations(folder, path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize("folder", ["clinic", "bot", "console", "stipple"])
def test_nothing_is_opened_at_import(folder: str) -> None:
    # Alembic runs env.py as a script, and only when a migration is asked for.
    scripts = PROJECT / "clinic" / "migrations"
    wrong = {
        str(path.relative_to(PROJECT)): found
        for path in _files(folder)
        if scripts not in path.parents and (found := opened(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize("folder", ["clinic", "bot", "stipple"])
def test_there_is_something_to_check(folder: str) -> None:
    assert len(_files(folder)) > 5


@pytest.mark.parametrize(
    ("folder", "seeded"),
    [
        ("clinic", "import rasa.core.agent"),
        ("clinic", "def late() -> None:\n    from flask import Flask"),
        ("clinic", "from bot import resources"),
        ("clinic/knowledge", "from clinic.booking.diary import Diary"),
        ("clinic/knowledge", "from clinic import booking"),
        ("clinic/booking", "import clinic.knowledge.search as search"),
        ("bot", "from console.app import create_app"),
        ("console", "from bot.payloads import parse"),
    ],
)
def test_a_seeded_import_is_found(folder: str, seeded: str) -> None:
    assert violations(folder, seeded)


@pytest.mark.parametrize("allowed", ["import rasabout", "from clinic.booking import hours"])
def test_what_only_looks_like_one_is_not(allowed: str) -> None:
    assert violations("clinic", allowed) == []


@pytest.mark.parametrize(
    "seeded",
    [
        "TEXT = open('words.txt').read()",
        "ENGINE = create_engine('sqlite://')",
        "class Words:\n    text = Path('words.txt').read_text()",
        "def words(text=Path('words.txt').read_text()): ...",
        "with sqlite3.connect('clinic.db') as connection:\n    pass",
    ],
)
def test_a_seeded_opening_is_found(seeded: str) -> None:
    assert opened(seeded)


def test_opening_inside_a_function_is_allowed() -> None:
    assert opened("def read() -> str:\n    return open('words.txt').read()") == []
