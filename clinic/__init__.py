"""The clinic's business in plain Python: it imports neither Rasa nor Flask."""
