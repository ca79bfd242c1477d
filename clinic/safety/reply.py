"""The fixed replies: only numbers and the clinic's name are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from clinic.safety.alert import Alert, Reason, SafetyError, read_mapping
from clinic.safety.country import Country


class Replies:
    """One text per reason; `load_replies` makes it."""

    def __init__(self, templates: Mapping[Reason, Template]) -> None:
        self._templates = templates

    def render(self, alert: Alert, country: Country, clinic: Mapping[str, Any]) -> str:
        """The reply to an alert. `clinic` is `Profile.for_answers()`; name and phone are enough."""
        return self._templates[alert.reason].render(country=country, clinic=clinic).strip()


def load_replies(path: Path) -> Replies:
    """Read `texts.yml`; raise SafetyError when a text is missing or cannot be filled in."""
    data = read_mapping(path)
    jinja = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    sample = Country("", "", "0", "advice", (), "elsewhere", None, None)
    templates: dict[Reason, Template] = {}
    for reason in Reason:
        text = data.pop(reason.value, None)
        if not isinstance(text, str) or not text.strip():
            raise SafetyError(f"{path.name}: {reason.value}: write the text for this reason.")
        try:
            templates[reason] = jinja.from_string(text)
            templates[reason].render(country=sample, clinic={"name": "", "phone": ""})
        except TemplateError as error:
            raise SafetyError(
                f"{path.name}: {reason.value}: {error.message}; "
                "only country.… , clinic.name and clinic.phone can be used here."
            ) from None
    if data:
        raise SafetyError(f"{path.name}: {min(map(str, data))}: no such reason; remove it.")
    return Replies(templates)
