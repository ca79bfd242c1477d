"""Whether the ports we want are free, said before anything is started."""

from __future__ import annotations

import socket

from clinic.settings import Settings, SettingsError


def check(settings: Settings) -> None:
    """Raise SettingsError when a port cannot be used, naming the setting to change."""
    wanted = (
        (settings.host, settings.port, "STIPPLE_PORT"),
        ("127.0.0.1", settings.actions_port, "STIPPLE_ACTIONS_PORT"),
    )
    for host, port, name in wanted:
        if not is_free(host, port):
            raise SettingsError(
                f"Port {port} is in use by another program (or by Stipple already running): "
                f"stop it, or choose another port with {name}={port + 1}."
            )


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError:
            return False
    return True


def is_answering(host: str, port: int) -> bool:
    """Whether a server accepts connections there."""
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex((host, port)) == 0
