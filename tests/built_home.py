"""Folders of a test's own with what `make setup` built, so that no test touches the clinic's."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from clinic.settings import Settings
from stipple.stages import stages

COMMAND = Path(sys.executable).with_name("stipple")


@dataclass(frozen=True)
class BuiltHome:
    """A copy of the run-time folder without its data, and a copy of the staff's content."""

    home: Path
    knowledge: Path

    def environment(self, **more: object) -> dict[str, str]:
        """The variables that make `stipple` use this home; `more` without the STIPPLE_ before."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("STIPPLE_")}
        ours = {"HOME": self.home, "KNOWLEDGE": self.knowledge, **more}
        return inherited | {f"STIPPLE_{name}": str(value) for name, value in ours.items()}

    def run(
        self, *words: str, stdin: bytes | None = None, **settings: object
    ) -> subprocess.CompletedProcess[str]:
        """Run a verb of `stipple` to its end."""
        done = subprocess.run(
            [COMMAND, *words],
            env=self.environment(**settings),
            input=stdin,
            capture_output=True,
            timeout=300,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in out + err, err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def settings(self, **more: object) -> Settings:
        """The same as settings."""
        return Settings.from_environment(self.environment(**more))


def built_home(folder: Path) -> BuiltHome:
    """Reuse the build below `folder`; what is missing or out of date is a failure, never a skip."""
    built = Settings.from_environment()
    if not all(stage.current() for stage in stages(built) if stage.title != "Booking database"):
        pytest.fail("run make setup", pytrace=False)
    home, knowledge = folder / "home", folder / "knowledge"
    shutil.copytree(built.home, home, ignore=_data_of(built.home), copy_function=_copy)
    shutil.copytree(built.knowledge, knowledge)
    return BuiltHome(home, knowledge)


def _data_of(home: Path) -> Callable[[str, list[str]], set[str]]:
    def data(folder: str, names: list[str]) -> set[str]:
        if Path(folder) != home:
            return set()
        return {name for name in names if name in ("logs", "secret") or ".db" in name}

    return data


def _copy(source: str, target: str) -> None:
    # Large files are replaced, never written in place: a link will do where the disk is the same.
    if Path(source).stat().st_size > 1_000_000:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
