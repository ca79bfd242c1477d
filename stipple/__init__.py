"""The composition root: command line, set-up, process supervisor, health checks."""
