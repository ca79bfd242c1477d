"""The clinic's business in plain Python: knowledge, safety, booking. Imports neither Rasa nor Flask."""
