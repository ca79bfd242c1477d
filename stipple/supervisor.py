"""Start every process, watch over them, and stop them all together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

from clinic.settings import PROJECT, Settings
from stipple import ports
from stipple.environment import variables

PATIENCE = 180  # seconds that a server may take to answer on a slow machine
LOG_BYTES = 10_000_000  # a longer log is set aside, as .log.1, at the next start
GRACE = 10  # seconds that a server has to stop by itself
RESTARTS = 3  # within ...
WITHIN = 300  # ... seconds, time enough for slow starts; more is beyond mending by a restart


class ServeError(RuntimeError):
    """A server that does not start or stay up; the message names its log."""


@dataclass
class Server:
    """One process to keep running: its name, where it will answer, and how to start it."""

    name: str
    host: str
    port: int
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))


def servers(settings: Settings) -> list[Server]:
    """The processes that make up the assistant."""

    def command(name: str) -> list[str]:
        return [sys.executable, "-m", "stipple.servers", name, str(os.getpid())]

    return [
        Server("actions", "127.0.0.1", settings.actions_port, command("actions")),
        Server("bot", settings.host, settings.port, command("bot")),
    ]


class Supervisor:
    """The running assistant. Use it as a context: leaving it stops what it started."""

    def __init__(self, settings: Settings, servers: Sequence[Server]) -> None:
        self._settings = settings
        self._servers = servers
        self._stopping = False

    def __enter__(self) -> Supervisor:
        ports.check(self._settings)
        (self._settings.home / "logs").mkdir(parents=True, exist_ok=True)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._asked_to_stop)
        try:
            for server in self._servers:
                self._start(server)
        except OSError:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_until_answering(self) -> bool:
        """Wait for every server; return False when told to stop meanwhile, raise ServeError."""
        deadline = time.monotonic() + PATIENCE
        for server in self._servers:
            while not ports.is_answering(server.host, server.port):
                if self._stopping:
                    return False
                if server.process is None or server.process.poll() is not None:
                    raise ServeError(
                        f"The {server.name} server did not start; see {self.log(server)}."
                    )
                if time.monotonic() > deadline:
                    raise ServeError(
                        f"The {server.name} server did not answer within {PATIENCE} seconds; "
                        f"see {self.log(server)}."
                    )
                time.sleep(0.1)
        return True

    def watch(self) -> None:
        """Stay until told to stop; start a server again that has died."""
        while not self._stopping:
            for server in self._servers:
                if server.process is not None and server.process.poll() is not None:
                    self._restart(server)
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop every server, first kindly, then for sure."""
        running = [s.process for s in self._servers if s.process and s.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, server: Server) -> Path:
        """Where a server's log is."""
        return self._settings.home / "logs" / f"{server.name}.log"

    def _start(self, server: Server) -> None:
        server.starts.append(time.monotonic())
        log = self.log(server)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as sink:
            server.process = subprocess.Popen(  # noqa: S603
                server.command,
                cwd=PROJECT,
                env={**os.environ, **variables(self._settings)},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                # Ctrl-C reaches the supervisor alone, which then stops the others in order.
                start_new_session=True,
            )

    def _restart(self, server: Server) -> None:
        if len(server.starts) > RESTARTS and time.monotonic() - server.starts[0] < WITHIN:
            raise ServeError(
                f"The {server.name} server keeps stopping; everything was stopped. "
                f"See {self.log(server)}."
            )
        print(f"The {server.name} server stopped and is started again.", flush=True)
        self._start(server)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
