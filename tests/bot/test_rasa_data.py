"""Rasa's own validation of domain, rules and training examples; its warnings count as errors."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from clinic.settings import Settings
from stipple.environment import variables

PROJECT = Path(__file__).resolve().parents[2]
DATA = PROJECT / "bot" / "data"
EXPECTED = (
    # Rasa says so about every domain, and counts it among its own expected warnings.
    "Slot auto-fill has been removed",
    # Never typed: pressed, or set by the safety screen (test_contracts.py sees that they are).
    *(f"The intent '{intent}' is listed" for intent in ("choose_slot", "feedback", "urgent")),
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(Settings.from_environment()).items():
        monkeypatch.setenv(name, value)


def complaints(*training_data: Path) -> list[str]:
    """What `rasa data validate --fail-on-warnings` would object to."""
    with warnings.catch_warnings(record=True) as caught:
        # Rasa's pinned libraries warn when they are imported; only its own words are kept.
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        from rasa.shared.importers.importer import TrainingDataImporter
        from rasa.validator import Validator

        importer = TrainingDataImporter.load_from_config(
            config_path=str(PROJECT / "config.yml"),
            domain_path=str(PROJECT / "bot" / "domain.yml"),
            training_data_paths=[str(path) for path in training_data],
        )
        validator = Validator.from_importer(importer)
        strict = {"ignore_warnings": False}
        checks = {
            "domain": validator.verify_domain_validity(),
            "examples": validator.verify_nlu(**strict),
            "repeated examples": validator.verify_example_repetition_in_intents(**strict),
            "rules": validator.verify_story_structure(**strict),
            "forms": validator.verify_forms_in_stories_rules(),
            "form slots": validator.verify_form_slots(),
            "actions": validator.verify_actions_in_stories_rules(),
            "slots": validator.verify_slot_mappings(),
        }
    failed = [f"{name} do not hold together" for name, passed in checks.items() if not passed]
    said = [str(warning.message) for warning in caught if "/rasa/" in warning.filename]
    return failed + [text for text in said if not text.startswith(EXPECTED)]


def test_rasa_finds_nothing_wrong() -> None:
    assert complaints(DATA) == []


@pytest.mark.parametrize(
    "seeded",
    [
        'nlu: [{intent: unheard_of, examples: "- one\\n- two\\n"}]',
        'nlu: [{intent: greet, examples: "- see you later, goodbye now\\n"},'
        ' {intent: goodbye, examples: "- see you later, goodbye now\\n"}]',
        "rules: [{rule: seeded, steps: [{intent: greet}, {action: action_unheard_of}]}]",
    ],
)
def test_a_seeded_mistake_is_found(seeded: str, tmp_path: Path) -> None:
    (tmp_path / "seeded.yml").write_text(f'version: "3.1"\n{seeded}\n', encoding="utf-8")
    assert complaints(DATA, tmp_path)
