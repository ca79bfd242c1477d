"""The two server processes: `python -m stipple.servers NAME [SUPERVISOR]`.

The supervisor gives its process id, so that they end when it does; alone they run on.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from typing import Any

from bot import resources
from clinic.settings import PROJECT, Settings
from stipple.environment import hasten_rasa, prepare
from stipple.stages import MODEL


def bot(settings: Settings) -> None:
    """Run the Rasa server: understanding, dialogue, channels. Its HTTP API stays off."""
    hasten_rasa()
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    resources.warm()
    # Rasa's own lines quote messages at INFO; ours say what an operator needs.
    logging.getLogger("rasa").setLevel(logging.WARNING)
    serve_application(
        model_path=str(settings.models / MODEL),
        interface=settings.host,
        port=settings.port,
        credentials=str(PROJECT / "bot" / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(PROJECT / "bot" / "endpoints.yml")),
        enable_api=False,
    )


def actions(settings: Settings) -> None:
    """Run the action server, on loopback only: it has no authentication of its own."""
    from rasa_sdk.endpoint import create_app

    app: Any = create_app("bot.actions", cors_origins=[])
    resources.warm()
    app.run("127.0.0.1", settings.actions_port, workers=1, access_log=False)


SERVERS = {"bot": bot, "actions": actions}


def main(name: str) -> None:
    """Run one server until it is told to stop."""
    # Conversations and receipts are for this account's eyes only.
    os.umask(0o077)
    settings = Settings.from_environment()
    prepare(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    SERVERS[name](settings)


def stop_with(supervisor: int) -> None:
    """End this process soon after its supervisor does, even one killed without a chance to say."""

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    for supervisor in sys.argv[2:]:
        stop_with(int(supervisor))
    main(sys.argv[1])
