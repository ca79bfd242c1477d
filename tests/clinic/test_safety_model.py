"""The model behind the rules: what it finds, that it never lowers, and life without it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from clinic.encoder import Encoder
from clinic.knowledge.content import read_content
from clinic.safety import Alert, Layers, Level, Reason, SafetyError, load_screen
from clinic.safety.layers import more_serious
from clinic.safety.model import (
    ALLOWED,
    FILE,
    Examples,
    Model,
    fingerprint,
    fit,
    is_current,
    read_examples,
)
from clinic.settings import PROJECT, Settings

SAFETY = PROJECT / "knowledge" / "safety"
FRESH = Path(__file__).parent / "data" / "safety_fresh.yml"
RULES = load_screen(SAFETY / "red_flags.yml")
EXAMPLES = read_examples(SAFETY / "examples.yml")
ORDER = [*Level, None]
MISSED = "a voice keeps ordering me to cut my neck"  # any alarm will do: its words are in no rule


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(Settings.from_environment().encoder)


@pytest.fixture(scope="module")
def model(encoder: Encoder) -> Model:
    """The model as set-up built it; a missing build is a failure, never a skip."""
    built = Settings.from_environment()
    made_from = fingerprint(SAFETY / "examples.yml", built.encoder)
    try:
        return Model.load(built.home / FILE, made_from, encoder)
    except SafetyError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module")
def few() -> Examples:
    """A dozen messages of each kind: enough to learn something in a second."""
    taken: dict[Alert | None, list[str]] = {}
    for text, alert in zip(EXAMPLES.texts, EXAMPLES.alerts, strict=True):
        taken.setdefault(alert, []).append(text)
    rows = [(text, alert) for alert, texts in taken.items() for text in texts[:12]]
    return Examples(tuple(t for t, _ in rows), tuple(a for _, a in rows))


def rank(alert: Alert | None) -> int:
    return ORDER.index(alert.level if alert else None)


def alarms(alert: Alert | None) -> bool:
    return alert is not None and alert.level.alarming


def fresh(level: str) -> list[str]:
    """The batch that nobody may tune on; its headings are its own."""
    groups = YAML(typ="safe").load(FRESH.read_text(encoding="utf-8"))[level]
    return [text for group in groups.values() for text in group]


def test_unseen_messages_are_found_in_cross_validation(model: Model) -> None:
    """The model alone, on messages it has not learnt from."""
    assert model.alarming["emergency"] >= 0.72
    assert model.alarming["urgent"] >= 0.70
    assert model.alarming["nonurgent"] <= 0.10
    for level, share in ALLOWED.items():
        assert model.alarming[level] <= share + 0.001


def test_a_fresh_batch_is_told_apart(model: Model) -> None:
    """Rules and model together, on messages that neither was made from."""
    screen = Layers(RULES, model).screen
    shares = {
        level: [screen(text) for text in fresh(level)]
        for level in ("emergency", "urgent", "normal", "none")
    }

    def share(level: str, highest: int) -> float:
        return sum(rank(alert) <= highest for alert in shares[level]) / len(shares[level])

    assert share("emergency", 0) >= 0.90
    assert share("emergency", 1) >= 0.95
    assert share("urgent", 1) >= 0.92
    assert share("normal", 1) <= 0.04
    assert share("none", 1) <= 0.08  # look-alikes, most of them


def test_ordinary_questions_hardly_ever_alarm(model: Model) -> None:
    """Phrasings of the articles that the model has not seen; it adds this to the rules' alarms."""
    articles = read_content(PROJECT / "knowledge").published
    phrasings = sorted({p for a in articles for p in a.phrasings} - set(EXAMPLES.texts))[::4]
    added = [p for p in phrasings if alarms(model.level(p)) and not alarms(RULES.screen(p))]
    assert len(added) / len(phrasings) <= 0.005


@pytest.mark.parametrize(
    "before", ["can I move Tuesday to Thursday?", "how much is a full head.", "hi there!"]
)
def test_small_talk_does_not_hide_an_alarm(model: Model, before: str) -> None:
    found = model.level(f"{before} {MISSED}")
    assert found == model.level(MISSED)
    assert found is not None
    assert found.reason in (Reason.SELF_HARM_DANGER, Reason.SELF_HARM)


@given(text=st.sampled_from(EXAMPLES.texts) | st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_two_layers_never_say_less_than_the_rules(model: Model, text: str) -> None:
    together, alone = Layers(RULES, model).screen(text), RULES.screen(text)
    assert rank(together) <= rank(alone)
    if rank(together) == rank(alone):
        assert together == alone


ALERTS = st.none() | st.builds(Alert, st.sampled_from(Level), st.sampled_from(Reason))


@given(ALERTS, ALERTS)
def test_the_more_serious_of_two_alerts_stands(first: Alert | None, second: Alert | None) -> None:
    stands = more_serious(first, second)
    assert rank(stands) == min(rank(first), rank(second))
    assert stands in (first, second)
    if rank(first) == rank(second):
        assert stands == first


def test_without_a_model_the_rules_are_the_screen() -> None:
    for text in EXAMPLES.texts[::25]:
        assert Layers(RULES).screen(text) == RULES.screen(text)


def test_a_model_that_breaks_is_named_once_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def level(self, text: str) -> Alert | None:
            raise RuntimeError(text)

    screen = Layers(RULES, Broken())
    with caplog.at_level(logging.WARNING):
        assert screen.screen("my eyelids are puffy, call me on 07700 900123") is not None
        assert screen.screen("what does it cost") is None
    assert len(caplog.records) == 1
    assert "RuntimeError" in caplog.text
    assert "07700" not in caplog.text


def test_the_same_examples_give_the_same_model(encoder: Encoder, few: Examples) -> None:
    first, second = fit(few, encoder), fit(few, encoder)
    assert (first.weights == second.weights).all()
    assert first.threshold == second.threshold
    assert first.words.vocabulary_ == second.words.vocabulary_


def test_saved_weights_judge_as_before(encoder: Encoder, few: Examples, tmp_path: Path) -> None:
    learnt, path = fit(few, encoder), tmp_path / "safety" / "model.npz"
    learnt.save(path, "one")
    restored = Model.load(path, "one", encoder)
    assert is_current(path, "one")
    for text in few.texts:
        assert restored.level(text) == learnt.level(text)


def test_weights_that_cannot_be_used_say_what_to_run(
    encoder: Encoder, few: Examples, tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    with pytest.raises(SafetyError, match="not built; run `make setup`"):
        Model.load(path, "one", encoder)
    fit(few, encoder).save(path, "one")
    with pytest.raises(SafetyError, match="older than its examples; run `make setup`"):
        Model.load(path, "two", encoder)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SafetyError, match="damaged; delete it and run `make setup`"):
        Model.load(path, "one", encoder)
    assert not is_current(path, "one")


def test_the_fingerprint_changes_with_examples_and_encoder(tmp_path: Path) -> None:
    examples, folder = tmp_path / "examples.yml", tmp_path / "encoder"
    folder.mkdir()
    seen = {fingerprint(examples, folder)}
    examples.write_text("none: {}", encoding="utf-8")
    seen.add(fingerprint(examples, folder))
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    seen.add(fingerprint(examples, folder))
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("later: {hives: [a]}", "later: needs a known level"),
        ("urgent: [a]", "urgent: needs a known level"),
        ("urgent: {hivez: [a]}", "urgent > hivez: is not a reason"),
        ("urgent: {hives: a}", "urgent > hives: write a list"),
        ("none: {talk: [12]}", "none > talk: write a list of messages, in quotes"),
    ],
)
def test_a_broken_examples_file_says_what_to_mend(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "examples.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SafetyError) as raised:
        read_examples(path)
    assert str(raised.value).startswith(f"examples.yml: {told}")
    assert "\n" not in str(raised.value)


def test_too_few_examples_are_refused(encoder: Encoder) -> None:
    one = Examples(("hives on my arms",), (Alert(Level.URGENT, Reason.HIVES),))
    with pytest.raises(SafetyError, match="at least 5 messages for each reason"):
        fit(one, encoder)
