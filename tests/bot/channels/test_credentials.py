"""The channel as Rasa makes it, from this installation's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channels.website import WebsiteChannel, apology, trusted_proxies
from clinic.settings import PROJECT, Settings, SettingsError


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STIPPLE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STIPPLE_KNOWLEDGE", raising=False)
    monkeypatch.delenv("STIPPLE_SECRET", raising=False)
    return tmp_path


def test_made_from_the_settings_and_opens_nothing_yet(installation: Path) -> None:
    channel = WebsiteChannel.from_credentials({})
    assert channel.url_prefix() == "website"
    assert not (installation / "home" / "channel.db").exists()


def test_apology_names_the_clinic_s_phone() -> None:
    words = apology(Settings.from_environment({"STIPPLE_KNOWLEDGE": str(PROJECT / "knowledge")}))
    assert "ring Your SMP Clinic on 020 7946 0958" in words


@pytest.mark.parametrize("content", [None, b"\xff", b"name: [", b"name: only this\n"])
def test_unreadable_clinic_still_gets_an_apology(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "clinic.yml").write_bytes(content)
    words = apology(Settings.from_environment({"STIPPLE_KNOWLEDGE": str(tmp_path)}))
    assert "contact the clinic directly" in words
    (line,) = caplog.messages
    assert line.startswith("faults name no phone number: clinic.yml: ")
    assert "\n" not in line


def test_trusted_proxies() -> None:
    assert trusted_proxies({}) == 0
    assert trusted_proxies({"STIPPLE_TRUSTED_PROXIES": "2"}) == 2
    for bad in ("-1", "two", "10", "²"):
        with pytest.raises(SettingsError, match="write a number from 0 to 9"):
            trusted_proxies({"STIPPLE_TRUSTED_PROXIES": bad})
