"""Everything that speaks Rasa: understanding, dialogue, actions, channels."""
