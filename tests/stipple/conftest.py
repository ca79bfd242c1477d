"""The command `stipple`, run as its users run it, in a home of the test's own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from built_home import BuiltHome, built_home

COMMAND = Path(sys.executable).with_name("stipple")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def built(tmp_path: Path) -> BuiltHome:
    return built_home(tmp_path)


@pytest.fixture
def run(built: BuiltHome) -> Run:
    """Run a verb to its end; settings are given by name, without the STIPPLE_ before."""

    def run(*words: str, **settings: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            env=built.environment(**settings),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def free_ports() -> tuple[int, int]:
    """Two loopback ports that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as b:
        return one.getsockname()[1], b.getsockname()[1]
