"""The supervisor with small stand-ins for its servers: real processes, ports and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clinic.settings import PROJECT
from stipple import ports

# A server that answers, in the mood given by its last argument.
STAND_IN = """
import os, signal, socket, sys, time
port, mood = int(sys.argv[1]), sys.argv[2]
if mood == "absent":
    sys.exit(1)
if mood == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mood == "bound":
    from stipple.servers import stop_with
    stop_with(os.getppid())
with socket.create_server(("127.0.0.1", port)) as server:
    if mood == "weary":
        server.settimeout(0.5)
    while True:
        server.accept()[0].close()
"""
# What `stipple serve` does once everything is built.
SUPERVISED = """
import sys
from clinic.settings import Settings
from stipple import supervisor
from stipple.supervisor import ServeError, Server, Supervisor

supervisor.GRACE = 2
settings = Settings.from_environment()
script, *moods = sys.argv[1:]
servers = [
    Server(name, "127.0.0.1", port, [sys.executable, script, str(port), mood])
    for name, port, mood in zip(
        ("actions", "bot"), (settings.actions_port, settings.port), moods, strict=True
    )
]
try:
    with Supervisor(settings, servers) as supervisor:
        if supervisor.wait_until_answering():
            print("Ready", flush=True)
            supervisor.watch()
except ServeError as error:
    sys.exit(f"Error: {error}")
print("Stopped", flush=True)
"""

Supervised = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def supervised(tmp_path: Path, free_ports: tuple[int, int]) -> Iterator[Supervised]:
    """Start a supervisor of two stand-ins in the given moods."""
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    started = []

    def start(actions: str = "well", bot: str = "well") -> subprocess.Popen[str]:
        home, port, actions_port = tmp_path / "home", *map(str, free_ports)
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISED, str(script), actions, bot],
            cwd=PROJECT,
            env={
                **os.environ,
                "STIPPLE_HOME": str(home),
                "STIPPLE_PORT": port,
                "STIPPLE_ACTIONS_PORT": actions_port,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after a bound that no healthy machine needs."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def children(process: subprocess.Popen[str]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(supervised: Supervised, sign: signal.Signals) -> None:
    process = supervised()
    assert said(process) == "Ready"
    servers = children(process)
    assert len(servers) == 2
    process.send_signal(sign)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out.strip(), err) == (0, "Stopped", "")
    assert not any(map(is_running, servers))


def test_ctrl_c_in_a_terminal_reaches_the_supervisor_alone(supervised: Supervised) -> None:
    process = supervised()
    assert said(process) == "Ready"
    assert os.getpgid(process.pid) not in map(os.getpgid, children(process))


def test_a_server_that_ignores_the_request_is_stopped_for_sure(supervised: Supervised) -> None:
    process = supervised(bot="stubborn")
    assert said(process) == "Ready"
    servers = children(process)
    process.terminate()
    assert process.wait(timeout=30) == 0
    assert not any(map(is_running, servers))


def test_a_dying_server_is_started_again_and_the_other_stays(
    supervised: Supervised, free_ports: tuple[int, int]
) -> None:
    process = supervised()
    assert said(process) == "Ready"
    actions, bot = children(process)
    os.kill(actions, signal.SIGKILL)
    assert said(process) == "The actions server stopped and is started again."
    until(lambda: ports.is_answering("127.0.0.1", free_ports[1]))
    assert bot in children(process)
    assert actions not in children(process)


def test_a_server_that_keeps_dying_stops_everything_in_one_line(supervised: Supervised) -> None:
    process = supervised(actions="weary")
    assert said(process) == "Ready"
    servers = children(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out.count("is started again") == 3
    assert err.splitlines()[-1].startswith("Error: The actions server keeps stopping;")
    assert "actions.log" in err
    assert "Traceback" not in err
    assert not any(map(is_running, servers))


def test_a_server_that_does_not_start_names_its_log(supervised: Supervised) -> None:
    process = supervised(bot="absent")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("Error: The bot server did not start; see ")
    assert err.count("\n") == 1


def test_a_stop_while_starting_is_obeyed(supervised: Supervised) -> None:
    process = supervised()
    until(lambda: len(children(process)) > 0)
    process.terminate()
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.endswith("Stopped\n")


def test_servers_end_with_a_supervisor_that_is_killed(supervised: Supervised) -> None:
    process = supervised(actions="bound", bot="bound")
    assert said(process) == "Ready"
    servers = children(process)
    process.kill()
    until(lambda: not any(map(is_running, servers)))


def test_a_server_whose_supervisor_is_long_gone_does_not_stay(tmp_path: Path) -> None:
    orphan = "from stipple.servers import stop_with; import time; stop_with(1); time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", orphan], cwd=PROJECT, timeout=50, check=False)
    assert done.returncode == 1
