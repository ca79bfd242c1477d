"""Finds the details of a booking in a message: contact, name, time words, reference.

Bare details say what is meant, too: a time with a name or a contact asks for a booking, a reference
asks about one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import resources
from clinic.booking.contact import Suggestion, read_contact, read_name
from clinic.booking.dates import read_when
from clinic.booking.reference import find_reference
from clinic.knowledge.artifact import ArtifactError


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class BookingDetails(GraphComponent):
    """Adds the entities `contact`, `name`, `time` and `reference`, each at most once."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> BookingDetails:
        """Build the component for a graph."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Extract the details of each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                details = _details(text)
                found = [
                    {"entity": name, "value": value, "start": 0, "end": len(text),
                     "extractor": type(self).__name__}
                    for name, value in details.items()
                ]  # fmt: skip
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
                _say_what_is_meant(message, details)
        return messages


def _say_what_is_meant(message: Message, details: dict[str, str]) -> None:
    intent = message.get(INTENT) or {}
    if intent.get(INTENT_NAME_KEY) != "inform":
        return
    if "reference" in details:
        message.set(INTENT, {**intent, INTENT_NAME_KEY: "check_booking"}, add_to_output=True)
    elif "time" in details and details.keys() & {"name", "contact"}:
        message.set(INTENT, {**intent, INTENT_NAME_KEY: "book"}, add_to_output=True)


def _details(text: str) -> dict[str, str]:
    try:
        profile = resources.profile()
    except ArtifactError:
        return {}
    details: dict[str, str] = {}
    contact = read_contact(text, profile.phone_region)
    if contact is not None:
        known = contact.given if isinstance(contact, Suggestion) else contact
        details["contact"] = known.value
    if (name := read_name(text, bare=False)) is not None:
        details["name"] = name
    if read_when(text, dt.datetime.now(dt.timezone.utc), profile.zone) is not None:
        details["time"] = text
    if (reference := find_reference(text)) is not None:
        details["reference"] = reference
    return details
