"""The safety screen, last in the pipeline: it may raise a turn to urgent, never lower one."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import resources

SAFETY = "safety"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyScreen(GraphComponent):
    """Sets `safety` on a message that reports something, and the intent `urgent` when it alarms."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyScreen:
        """Build the component for a graph."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Screen each message; the rules need no model and no knowledge."""
        for message in messages:
            alert = resources.screen().screen(message.get(TEXT) or "")
            if alert is None:
                continue
            data = {"level": alert.level.value, "reason": alert.reason.value}
            message.set(SAFETY, data, add_to_output=True)
            if alert.level.alarming:
                intent = {INTENT_NAME_KEY: "urgent", PREDICTED_CONFIDENCE_KEY: 1.0}
                message.set(INTENT, intent, add_to_output=True)
        return messages
