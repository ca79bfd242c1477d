"""Whether the ports we want are free, said before anything is started."""

from __future__ import annotations

import errno
import socket

from clinic.settings import Settings, SettingsError


def check(settings: Settings) -> None:
    """Raise SettingsError when a port cannot be used, naming the setting to change."""
    if settings.port == settings.actions_port:
        raise SettingsError(
            f"STIPPLE_PORT and STIPPLE_ACTIONS_PORT are both {settings.port}: choose two ports."
        )
    wanted = (
        (settings.host, settings.port, "STIPPLE_PORT"),
        ("127.0.0.1", settings.actions_port, "STIPPLE_ACTIONS_PORT"),
    )
    for host, port, name in wanted:
        try:
            _bind(host, port)
        except OSError as error:
            raise SettingsError(_remedy(error, host, port, name)) from None


def is_answering(host: str, port: int) -> bool:
    """Whether a server accepts connections there."""
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex((host, port)) == 0


def _bind(host: str, port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        attempt.bind((host, port))


def _remedy(error: OSError, host: str, port: int, name: str) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return (
            f"Port {port} is in use by another program (or by Stipple already running): "
            f"stop it, or choose another port with {name}={other}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is for the system's own servers: choose {name} from 1024 on."
    return (
        f"STIPPLE_HOST is {host!r}, which is no IPv4 address of this machine: "
        "write 127.0.0.1, or 0.0.0.0 for every address."
    )
