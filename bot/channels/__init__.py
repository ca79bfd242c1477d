"""The doors through which visitors' messages come in."""
