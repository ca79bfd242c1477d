"""Servers that tests can open, on free loopback ports."""

from __future__ import annotations

import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

# First: it quiets what Rasa says while it is imported.
from site_server import APOLOGY, OPEN, SECRET, FakeBot, Open, Site, echo  # isort: skip
from rasa.core.channels.channel import register
from sanic import Sanic

from bot.channels.receipts import Receipts
from bot.channels.session import Sessions
from bot.channels.website import Limits, WebsiteChannel

# Otherwise only the first server of a process could start.
Sanic.test_mode = True


@pytest.fixture
async def open_site(tmp_path: Path) -> AsyncIterator[Open]:
    """Open a server on a free port; opened twice it is a restart: same secret, same receipts."""
    servers, clients = [], []

    async def open_(behave: Any = echo, limits: Limits = OPEN, **options: Any) -> Site:
        channel = WebsiteChannel(
            Sessions(SECRET), Receipts(tmp_path / "channel.db"), APOLOGY, limits=limits, **options
        )
        app = Sanic(f"test_{uuid.uuid4().hex}", configure_logging=False)
        bot = FakeBot(behave)
        app.ctx.agent = bot
        register([channel], app, route="/webhooks/")
        listener = socket.create_server(("127.0.0.1", 0))
        server = await app.create_server(
            sock=listener, return_asyncio_server=True, access_log=False
        )
        await server.startup()
        await server.start_serving()
        client = aiohttp.ClientSession()
        servers.append(server)
        clients.append(client)
        port = listener.getsockname()[1]
        return Site(f"http://127.0.0.1:{port}/webhooks/website", client, bot, channel)

    yield open_
    for client in clients:
        await client.close()
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def site(open_site: Open) -> Site:
    return await open_site()
