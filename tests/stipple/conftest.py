"""Homes and ports of a test's own."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from built_home import BuiltHome, built_home


@pytest.fixture
def built(tmp_path: Path) -> BuiltHome:
    return built_home(tmp_path)


@pytest.fixture
def free_ports() -> tuple[int, int]:
    """Two loopback ports that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as b:
        return one.getsockname()[1], b.getsockname()[1]
