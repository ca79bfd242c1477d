"""The safety screen: what must alarm, what must not, and the fixed replies."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from ruamel.yaml import YAML

from clinic.safety import (
    Alert,
    Level,
    Reason,
    SafetyError,
    Screen,
    load_country,
    load_replies,
    load_screen,
)

SAFETY = Path(__file__).resolve().parents[2] / "knowledge" / "safety"
DATA = Path(__file__).parent / "data"
SCREEN = load_screen(SAFETY / "red_flags.yml")
CLINIC = {"name": "Your SMP Clinic", "phone": "020 7946 0958"}


def _listed(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        for part in entry.values():
            yield from _listed(part)
    else:
        yield from entry


def _read(path: Path, level: str) -> list[str]:
    return list(_listed(YAML(typ="safe").load(path.read_text(encoding="utf-8")).get(level, [])))


def _messages(level: str) -> list[str]:
    return _read(SAFETY / "examples.yml", level)


def _level(text: str) -> Level | None:
    alert = SCREEN.screen(text)
    return alert.level if alert else None


def _share(messages: list[str], *levels: Level | None) -> float:
    return sum(_level(text) in levels for text in messages) / len(messages)


def test_no_emergency_is_missed() -> None:
    """By the rules alone; what they miss is mostly a plan for suicide told in passing."""
    assert _share(_read(DATA / "safety_languages.yml", "emergency"), Level.EMERGENCY) == 1
    assert _share(_messages("emergency"), Level.EMERGENCY) >= 0.95


def test_urgent_messages_are_urgent_or_one_up() -> None:
    alarms = (Level.EMERGENCY, Level.URGENT)
    assert _share(_read(DATA / "safety_languages.yml", "urgent"), *alarms) == 1
    assert _share(_messages("urgent"), *alarms) >= 0.97


def test_the_other_levels_keep_to_their_limits() -> None:
    """Shares, not single messages: a little over-caution is accepted here, a lot is not."""
    alarms = (Level.EMERGENCY, Level.URGENT)
    assert _share(_messages("normal"), *alarms) <= 0.02
    assert _share(_messages("none"), *alarms) <= 0.01
    assert _share(_messages("none"), None) >= 0.97
    assert _share(_messages("nonurgent"), Level.NONURGENT) >= 0.90
    assert _share(_messages("normal"), Level.NORMAL) >= 0.75


@pytest.mark.parametrize("level", ["emergency", "urgent"])
def test_serious_messages_fire_in_capitals_and_without_punctuation(level: str) -> None:
    for text in _messages(level):
        if _level(text) in (Level.EMERGENCY, Level.URGENT):
            assert _level(text.upper()) in (Level.EMERGENCY, Level.URGENT), text.upper()
            assert _level(f"  {text}!!!  ") in (Level.EMERGENCY, Level.URGENT), text


@pytest.mark.parametrize(
    "early",
    ["bit pink on Sunday", "it started as a slight pinkness", "you said it would be a bit red"],
)
@pytest.mark.parametrize("join", [" and then ", " but ", ", now ", ". "])
def test_mild_words_at_first_never_hide_what_follows(early: str, join: str) -> None:
    late = "the heat is spreading down my neck and I have chills and keep vomiting"
    assert _level(early + join + late) is Level.EMERGENCY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("my lips are swelling", Reason.ANAPHYLAXIS),
        ("metallic taste and ringing ears since the numbing cream", Reason.NUMBING_POISONING),
        ("redness doubled in size since yesterday", Reason.SPREADING_INFECTION),
        ("chest pain", Reason.COLLAPSE),
        ("took all my pills", Reason.SELF_HARM_DANGER),
        ("there's no point anymore", Reason.SELF_HARM),
        ("I'm diabetic and my scalp is red and sore", Reason.INFECTION_AT_RISK),
        ("hives but no trouble breathing", Reason.HIVES),
        ("my eyelid is swollen", Reason.EYE_SWELLING),
        ("blisters after my laser removal", Reason.LASER_BURN),
        ("my mole has got bigger and darker", Reason.CHANGING_MOLE),
        ("my head got hot in the mri", Reason.MRI_BURNING),
        ("I feel so ugly without hair", Reason.DISTRESS),
    ],
)
def test_the_reason_picks_the_text(text: str, reason: Reason) -> None:
    alert = SCREEN.screen(text)
    assert alert is not None
    assert alert.reason is reason


@given(st.text(max_size=1000))
@settings(max_examples=200, deadline=None)
def test_any_text_is_screened_without_an_error(text: str) -> None:
    alert = SCREEN.screen(text)
    assert alert is None or isinstance(alert, Alert)


@given(
    st.sampled_from(_messages("emergency")),
    st.sampled_from([str.upper, str.lower, str.title, lambda s: "\t " + s.replace(" ", "   ")]),
)
@settings(max_examples=100, deadline=None)
def test_case_and_spaces_change_nothing(text: str, change: Any) -> None:
    assert SCREEN.screen(change(text)) == SCREEN.screen(text)


@given(
    st.sampled_from(_messages("none")), st.sampled_from(["my lips are swelling", "cant breathe"])
)
@settings(max_examples=100, deadline=None)
def test_an_emergency_fires_whatever_else_was_said(other: str, sign: str) -> None:
    assert _level(f"{other}. {sign}") is Level.EMERGENCY


@pytest.mark.parametrize(
    "unit", ["lips swell ", "cant breath ", "no ", "what if ", "a", "!?", "my it is "]
)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    def seconds(size: int) -> float:
        text, best = (unit * size)[:size], float("inf")
        for _ in range(3):
            start = time.perf_counter()
            SCREEN.screen(text)
            best = min(best, time.perf_counter() - start)
        return best

    # Four times the text: linear is 4, quadratic 16.
    assert seconds(4000) < 9 * seconds(1000) + 0.005


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("level: nonurgent", "level: later"), "alerts > entry"),
        (("confused & fever", "confusd & fever"), "'confusd' is not a sign"),
        (("<mouth> & <swell>", "<mouf> & <swell>"), "'<mouf>'"),
        (("<mouth> & <swell>", "<mouth> & .."), "needs words at both ends"),
        (("  denying:", "  refusing:"), "cues > "),
        (("alerts:", "alarms:"), "alerts: is missing"),
        (("  leaking:", "  Leaking-:"), "small letters"),
        (("signs:", "signs: ["), "not readable"),
        (("skin_sign: [", "skin_sign: [puss, "), "families > skin_sign"),
    ],
)
def test_a_broken_file_says_what_to_mend(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    text = (SAFETY / "red_flags.yml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "red_flags.yml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(SafetyError) as raised:
        load_screen(path)
    assert str(raised.value).startswith("red_flags.yml: ")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SafetyError, match=r"red_flags\.yml: the file is missing"):
        load_screen(tmp_path / "red_flags.yml")


def test_each_country_gives_its_own_numbers() -> None:
    gb = load_country(SAFETY / "countries", "GB")
    us = load_country(SAFETY / "countries", "us")
    assert (gb.emergency_number, us.emergency_number) == ("999", "911")
    assert "116 123" in gb.crisis_lines
    assert "988" in us.crisis_lines
    assert not gb.fallback


@pytest.mark.parametrize("code", ["FR", "XX", "", "../GB", "generic"])
def test_an_unknown_country_gets_no_invented_number(code: str) -> None:
    country = load_country(SAFETY / "countries", code)
    assert country.code == "generic"
    assert country.fallback is (code != "generic")
    replies = load_replies(SAFETY / "texts.yml")
    for reason in Reason:
        said = replies.render(Alert(Level.URGENT, reason), country, CLINIC)
        assert not any(c.isdigit() for c in said.replace(CLINIC["phone"], "").replace("5 min", ""))


def test_numbers_ask_to_be_checked() -> None:
    country = load_country(SAFETY / "countries", "GB")
    assert country.checked_on is None
    assert country.unchecked(dt.date(2026, 12, 1))


def test_a_country_file_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    text = (SAFETY / "countries" / "GB.yml").read_text(encoding="utf-8")
    (tmp_path / "GB.yml").write_text(text + "hotline: 123\n", encoding="utf-8")
    with pytest.raises(SafetyError, match=r"GB\.yml: hotline"):
        load_country(tmp_path, "GB")


@pytest.mark.parametrize("code", ["GB", "US", "generic"])
@pytest.mark.parametrize("reason", list(Reason))
def test_replies_are_short_and_lead_to_help(code: str, reason: Reason) -> None:
    country = load_country(SAFETY / "countries", code)
    said = load_replies(SAFETY / "texts.yml").render(Alert(Level.URGENT, reason), country, CLINIC)
    assert len(said.split()) <= 125
    for forbidden in ("guarantee", "you have sepsis", "you have an infection", "antibiotic"):
        assert forbidden not in said.lower()
    emergencies = {rule.reason for rule in SCREEN.alerts if rule.level is Level.EMERGENCY}
    if reason in emergencies:
        assert country.emergency_number in said.split("\n")[0]


def test_a_reply_needs_the_clinic() -> None:
    replies = load_replies(SAFETY / "texts.yml")
    country = load_country(SAFETY / "countries", "GB")
    with pytest.raises(UndefinedError):
        replies.render(Alert(Level.URGENT, Reason.HIVES), country, {})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("clinic.phone", "clinic.fax"), "only country"),
        (("hives:", "hivez:"), "hives: write the text"),
        (("anaphylaxis: |", "extra: x\nanaphylaxis: |"), "extra: no such reason"),
        (("{{ country.elsewhere }}", "{{ country."), "only country"),
    ],
)
def test_a_broken_text_says_what_to_mend(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    text = (SAFETY / "texts.yml").read_text(encoding="utf-8")
    path = tmp_path / "texts.yml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(SafetyError, match=told) as raised:
        load_replies(path)
    assert "\n" not in str(raised.value)


def test_every_reason_can_be_reached() -> None:
    assert isinstance(SCREEN, Screen)
    assert {alert.reason for alert in SCREEN.alerts} == set(Reason)
