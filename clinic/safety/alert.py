"""What the screen can say: a level, and a reason from a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


class SafetyError(ValueError):
    """A safety file that cannot be used; one line: file, field and what to do."""


class Level(str, Enum):
    """How soon help is needed (the NHS care-card pattern, plus ordinary healing)."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    NONURGENT = "nonurgent"
    NORMAL = "normal"

    @property
    def alarming(self) -> bool:
        """Whether the reply must take over the conversation."""
        return self in (Level.EMERGENCY, Level.URGENT)


class Reason(str, Enum):
    """Why. A reason picks the fixed text; it is not a diagnosis and is never shown as one."""

    ANAPHYLAXIS = "anaphylaxis"
    SEPSIS = "sepsis"
    SPREADING_INFECTION = "spreading_infection"
    EYE_INFECTION = "eye_infection"
    NUMBING_POISONING = "numbing_poisoning"
    COLLAPSE = "collapse"
    SELF_HARM_DANGER = "self_harm_danger"
    SELF_HARM = "self_harm"
    INFECTION_AT_RISK = "infection_at_risk"
    INFECTION_SIGNS = "infection_signs"
    EYE_SWELLING = "eye_swelling"
    HIVES = "hives"
    LASER_BURN = "laser_burn"
    UNWELL = "unwell"
    LATE_REACTION = "late_reaction"
    RAISED_SCAR = "raised_scar"
    CHANGING_MOLE = "changing_mole"
    HAIR_LOSS_MEDICAL = "hair_loss_medical"
    MRI_BURNING = "mri_burning"
    DISTRESS = "distress"
    NORMAL_HEALING = "normal_healing"


@dataclass(frozen=True)
class Alert:
    """One message's level and the reason for it."""

    level: Level
    reason: Reason


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file of named values; raise SafetyError in staff language."""
    try:
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SafetyError(
            f"{path.name}: the file is missing; restore it from your backup."
        ) from None
    except UnicodeDecodeError:
        raise SafetyError(f"{path.name}: not saved as UTF-8; save it again as UTF-8.") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "a line"
        raise SafetyError(
            f"{path.name}: {where} is not readable; check quotes, colons and indentation there."
        ) from None
    if not isinstance(data, dict):
        raise SafetyError(f"{path.name}: should be lines of `name: value`.")
    return data
