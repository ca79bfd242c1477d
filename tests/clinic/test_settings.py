"""One installation's settings, and the key that signs its chats."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from clinic.settings import PROJECT, Settings, SettingsError


def read(**environ):
    return Settings.from_environment(environ)


def test_without_settings_all_is_in_the_project():
    settings = read()
    assert settings.home == PROJECT / "var"
    assert settings.knowledge == PROJECT / "knowledge"
    assert settings.database_url == f"sqlite:///{PROJECT / 'var' / 'clinic.db'}"
    assert (settings.host, settings.port, settings.actions_port) == ("127.0.0.1", 5005, 5055)


def test_empty_settings_are_as_good_as_none():
    names = "HOME KNOWLEDGE DATABASE_URL HOST PORT ACTIONS_PORT".split()
    assert read(**{f"STIPPLE_{name}": "" for name in names}) == read()


def test_home_moves_everything_but_the_knowledge(tmp_path):
    settings = read(STIPPLE_HOME=str(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path / 'clinic.db'}"
    for folder in (settings.encoder, settings.spacy, settings.published, settings.models):
        assert folder.parent == tmp_path
    assert settings.knowledge == PROJECT / "knowledge"


def test_paths_are_absolute_and_know_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(STIPPLE_HOME="state").home == tmp_path / "state"
    assert read(STIPPLE_KNOWLEDGE="~/words").knowledge == tmp_path / "words"


def test_a_database_url_is_taken_as_it_stands():
    url = "postgresql://clinic@db/clinic"
    assert read(STIPPLE_DATABASE_URL=url).database_url == url


@pytest.mark.parametrize("name", ["STIPPLE_PORT", "STIPPLE_ACTIONS_PORT"])
@pytest.mark.parametrize(
    "value", ["0", "65536", "-1", "80.5", "http", " 80", "0x50", "²", "9" * 30]
)
def test_a_port_that_is_none_is_refused(name, value):
    with pytest.raises(
        SettingsError, match=rf"^{name} is .*: write a port number from 1 to 65535\.$"
    ):
        read(**{name: value})


@pytest.mark.parametrize("value", ["1", "65535", "8080"])
def test_a_port_is_read(value):
    assert read(STIPPLE_PORT=value).port == int(value)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.delenv("STIPPLE_SECRET", raising=False)
    return read(STIPPLE_HOME=str(tmp_path / "new" / "home"))


def test_a_key_is_made_once_for_its_owner_only(settings):
    key = settings.secret()
    path = settings.home / "secret"
    assert len(key) >= 48
    assert settings.secret() == key == path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(STIPPLE_HOME=str(settings.home.parent / "other")).secret() != key


def test_a_key_may_come_from_the_environment(settings, monkeypatch):
    monkeypatch.setenv("STIPPLE_SECRET", "k" * 32)
    assert settings.secret() == "k" * 32
    assert not settings.home.exists()
    monkeypatch.setenv("STIPPLE_SECRET", "k" * 31)
    with pytest.raises(SettingsError, match="at least 32 characters") as caught:
        settings.secret()
    assert "kkk" not in str(caught.value)


def test_a_key_that_was_never_finished_is_made_again(settings):
    settings.home.mkdir(parents=True)
    (settings.home / "secret").touch()
    assert len(settings.secret()) >= 48


def _tell_key(home: Path, start, told):
    start.wait()
    told.put(read(STIPPLE_HOME=str(home)).secret())


def test_processes_that_start_together_agree(settings):
    context = multiprocessing.get_context("fork")
    for _ in range(20):
        start, told = context.Event(), context.Queue()
        processes = [
            context.Process(target=_tell_key, args=(settings.home, start, told)) for _ in range(3)
        ]
        for process in processes:
            process.start()
        start.set()
        keys = {told.get(timeout=20) for _ in processes}
        for process in processes:
            process.join(20)
        assert keys == {settings.secret()}
        (settings.home / "secret").unlink()
