"""The environment that Rasa's files and processes read: set once, before Rasa is imported."""

from __future__ import annotations

import importlib
import logging
import os
import warnings

import structlog

from clinic.settings import PROJECT, Settings


def prepare(settings: Settings) -> None:
    """Set what config.yml, endpoints.yml and Rasa itself read from the environment."""
    os.environ.update(variables(settings))
    # Rasa's debug lines quote messages and details: they are never printed.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    silence_libraries()


def hasten_rasa() -> None:
    """Load one of Rasa's libraries before the rest, which halves the time that Rasa takes to load.

    skops looks for the home of 765 types in every module that is loaded, and TensorFlow, which
    Rasa loads first, has thousands.
    """
    importlib.import_module("skops.io")


def silence_libraries() -> None:
    """Keep the warnings of libraries, meant for their developers, from whoever runs this.

    A filter alone would not do: some libraries reset the filters while they are imported.
    """
    warnings.filterwarnings("ignore")
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def variables(settings: Settings) -> dict[str, str]:
    """The variables, for this process or one that it starts."""
    return {
        # Also stops Rasa's error reports, which would leave the machine.
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "COMPRESS_ACTION_SERVER_REQUEST": "true",
        # The action server has no authentication: loopback only.
        "SANIC_HOST": "127.0.0.1",
        "STIPPLE_HOME": str(settings.home),
        "STIPPLE_KNOWLEDGE": str(settings.knowledge),
        "STIPPLE_DATABASE_URL": settings.database_url,
        "STIPPLE_SPACY": str(settings.spacy),
        "STIPPLE_CONVERSATIONS": str(settings.home / "conversations.db"),
        "STIPPLE_ACTIONS_URL": f"http://127.0.0.1:{settings.actions_port}/webhook",
        "PYTHONPATH": os.pathsep.join(
            dict.fromkeys([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
        ),
        "PYTHONWARNINGS": "ignore",
    }
