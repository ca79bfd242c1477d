"""The project's sentence encoder as a dense featurizer."""

from __future__ import annotations

from typing import Any, Dict, List, Text

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot import resources
from bot.pipeline.masking import seen_by_classifier
from clinic.encoder import DIMENSIONS


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds one sentence feature of shape (1, 384) to every message."""

    @classmethod
    def required_components(cls) -> List[type]:
        """Features are attached to tokenized messages."""
        return [Tokenizer]

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Build the component for a graph."""
        return cls(execution_context.node_name, config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Featurize the training examples in batches."""
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        vectors = resources.encoder().encode([seen_by_classifier(e.get(TEXT)) for e in examples])
        for example, vector in zip(examples, vectors, strict=True):
            self._attach(example, vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Featurize visitors' messages."""
        for message in messages:
            if message.get(TEXT):
                vector = resources.encoder().encode_one(seen_by_classifier(message.get(TEXT)))
                self._attach(message, vector)
        return messages

    def _attach(self, message: Message, vector: np.ndarray) -> None:  # type: ignore[type-arg]
        features = vector.reshape(1, DIMENSIONS) * self._config["scale"]
        alias = self._config[FEATURIZER_CLASS_ALIAS]
        message.add_features(Features(features, FEATURE_TYPE_SENTENCE, TEXT, alias))

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`scale` multiplies the features: the classifier's only way to be less regularized."""
        return {**DenseFeaturizer.get_default_config(), "scale": 1.0}

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing else can be set."""
