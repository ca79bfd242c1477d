"""The whole screen: rules first, then a model that may raise what they found."""

from __future__ import annotations

import logging
from typing import Protocol

from clinic.safety.alert import Alert, Level
from clinic.safety.screen import Screen

_log = logging.getLogger(__name__)
_ORDER = list(Level)


class Raiser(Protocol):
    """What stands behind the rules, such as `clinic.safety.model.Model`."""

    def level(self, text: str) -> Alert | None:
        """The alert to raise for a message, or None."""


class Layers:
    """Rules and, while there is one, a model. A fault of the model leaves the rules in charge."""

    def __init__(self, rules: Screen, model: Raiser | None = None) -> None:
        self._rules = rules
        self._model = model

    def screen(self, text: str) -> Alert | None:
        """The most serious thing this message reports, or None; never raises."""
        found = self._rules.screen(text)
        if self._model is None or (found and found.level is Level.EMERGENCY):
            return found
        try:
            return more_serious(found, self._model.level(text))
        except Exception as error:  # whatever breaks in a model, the rules must go on
            self._model = None
            _log.warning(
                "The safety model failed (%s) and is off; the rules go on alone. "
                "Run `stipple doctor`.",
                type(error).__name__,
            )
            return found


def more_serious(first: Alert | None, second: Alert | None) -> Alert | None:
    """The alert of the higher level; `first` when they are level."""
    if first is None or second is None:
        return first or second
    return min(first, second, key=lambda alert: _ORDER.index(alert.level))
