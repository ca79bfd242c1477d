"""The first step on a bare machine: it ends well, or in one line that says what to do."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.settings import PROJECT

SCRIPT = PROJECT / "stipple" / "bootstrap.py"
# Stands for the installer that would fetch a gigabyte: keeps what it was told, then does as asked.
FAKE_UV = """\
#!{python}
import json, os, pathlib, sys
if "--version" in sys.argv:
    sys.exit(print("uv 0.13.8"))
told = [sys.argv[1:], os.environ.get("UV_PROJECT_ENVIRONMENT"), os.environ.get("VIRTUAL_ENV")]
with open({told!r}, "a") as file:
    print(json.dumps(told), file=file)
if {works}:
    pathlib.Path(os.environ["UV_PROJECT_ENVIRONMENT"]).mkdir(exist_ok=True)
else:
    sys.exit("error: no route to host")
"""


class Clone:
    """A fresh clone, as far as the set-up reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": "/somebody/elses"}
        (folder / "stipple").mkdir(parents=True)
        shutil.copy(SCRIPT, folder / "stipple")
        for name in ("uv.lock", "pyproject.toml", ".python-version"):
            (folder / name).write_text(name)

    def set_up(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "stipple/bootstrap.py"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def give_uv(self, *, works: bool) -> None:
        uv = self.folder / ".build" / "uv" / "bin" / "uv"
        uv.parent.mkdir(parents=True, exist_ok=True)
        told = str(self.folder / "told")
        uv.write_text(FAKE_UV.format(python=sys.executable, told=told, works=works))
        uv.chmod(0o755)

    def give_venv_module(self, source: str) -> None:
        """Put a `venv` before Python's own."""
        fake = self.folder / "fake"
        fake.mkdir()
        (fake / "venv.py").write_text(source)
        self.environment["PYTHONPATH"] = str(fake)

    @property
    def told(self) -> list[list[object]]:
        lines = (self.folder / "told").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "a clone")


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed set-up ends with."""
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("stipple: ")
    assert "Traceback" not in done.stderr
    return line


def test_libraries_are_installed_once(clone: Clone) -> None:
    clone.give_uv(works=True)
    first, second = clone.set_up(), clone.set_up()
    assert (first.returncode, second.returncode) == (0, 0)
    assert "1 GB" in first.stdout
    assert second.stdout == ""
    ((arguments, environment, outer),) = clone.told
    assert arguments[:2] == ["sync", "--frozen"]
    assert environment == str(clone.folder / ".venv")
    assert outer is None


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", ".python-version"])
def test_a_change_of_the_pins_installs_again(clone: Clone, name: str) -> None:
    clone.give_uv(works=True)
    clone.set_up()
    (clone.folder / name).write_text("changed")
    clone.set_up()
    assert len(clone.told) == 2


def test_a_moved_folder_is_set_up_again(clone: Clone) -> None:
    clone.give_uv(works=True)
    clone.set_up()
    moved = clone.folder.with_name("moved")
    clone.folder.rename(moved)
    clone.folder = moved
    clone.give_uv(works=True)
    clone.set_up()
    assert len(clone.told) == 2


def test_a_failed_install_says_so_and_is_tried_again(clone: Clone) -> None:
    clone.give_uv(works=False)
    assert "check the network and the free disk space" in refusal(clone.set_up())
    clone.give_uv(works=True)
    assert clone.set_up().returncode == 0


def test_no_room_is_said_before_anything_is_fetched(clone: Clone) -> None:
    clone.give_uv(works=True)
    script = clone.folder / "stipple" / "bootstrap.py"
    script.write_text(script.read_text().replace("NEEDED_GB = 4.5", "NEEDED_GB = 1e9"))
    assert "make room" in refusal(clone.set_up())
    assert not (clone.folder / "told").exists()


def test_a_python_without_venv_names_the_package_to_install(clone: Clone) -> None:
    clone.give_venv_module("raise SystemExit('ensurepip is not available')")
    done = clone.set_up()
    assert "apt install python3-venv" in refusal(done)
    assert "ensurepip" not in done.stdout + done.stderr


def test_an_installer_that_cannot_be_fetched_blames_the_network(clone: Clone) -> None:
    python = "import pathlib, sys; bin = pathlib.Path(sys.argv[1]) / 'bin'; bin.mkdir(parents=True)"
    python += "; (bin / 'python').symlink_to('/bin/false')"
    clone.give_venv_module(python)
    assert "installer could not be fetched: check the network" in refusal(clone.set_up())


def test_a_missing_file_is_one_line(clone: Clone) -> None:
    (clone.folder / "uv.lock").unlink()
    assert "uv.lock" in refusal(clone.set_up())


def test_any_python_3_8_can_run_it() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 8))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names if isinstance(node, ast.Import)}
    names |= {str(node.module) for node in imports if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
