"""One thin action per file: tracker in, clinic call, dispatcher out."""
