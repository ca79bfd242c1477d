"""Graph components: what Rasa's understanding runs on every message."""
