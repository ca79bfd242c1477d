"""Port faults are told apart before anything is started."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from clinic.settings import Settings, SettingsError
from stipple import ports


def settings(port: int, actions_port: int, host: str = "127.0.0.1") -> Settings:
    return Settings(Path("home"), Path("knowledge"), "sqlite://", host, port, actions_port)


def test_free_ports_pass(free_ports: tuple[int, int]) -> None:
    ports.check(settings(*free_ports))


def test_a_port_in_use_names_its_setting_and_another_port(free_ports: tuple[int, int]) -> None:
    free, taken = free_ports
    with socket.create_server(("127.0.0.1", taken)):
        with pytest.raises(SettingsError, match=rf"Port {taken} .* STIPPLE_PORT={taken + 1}\.$"):
            ports.check(settings(taken, free))
        with pytest.raises(SettingsError, match=rf"STIPPLE_ACTIONS_PORT={taken + 1}\.$"):
            ports.check(settings(free, taken))


def test_the_last_port_is_not_followed_by_one_that_cannot_exist() -> None:
    with socket.create_server(("127.0.0.1", 65535)), pytest.raises(SettingsError, match="=65534"):
        ports.check(settings(65535, 65533))


def test_one_port_for_both_servers_is_refused(free_ports: tuple[int, int]) -> None:
    with pytest.raises(SettingsError, match="choose two ports"):
        ports.check(settings(free_ports[0], free_ports[0]))


def test_a_foreign_address_is_not_called_a_port_in_use(free_ports: tuple[int, int]) -> None:
    with pytest.raises(SettingsError, match=r"STIPPLE_HOST is '203\.0\.113\.7'"):
        ports.check(settings(*free_ports, host="203.0.113.7"))


def test_answering_means_that_a_connection_is_accepted(free_ports: tuple[int, int]) -> None:
    assert not ports.is_answering("127.0.0.1", free_ports[0])
    with socket.create_server(("127.0.0.1", free_ports[0])):
        assert ports.is_answering("127.0.0.1", free_ports[0])
