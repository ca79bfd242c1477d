"""Bot messages as the page gets them: each one whole, in one object."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel


class Answer(OutputChannel):
    """Collects the messages of one turn.

    Rasa's own collector splits a message at blank lines and at each kind of content, which parts
    a source from its claim.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """Return the name that trackers record."""
        return "website"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:  # noqa: ARG002
        """Collect one message, unsplit."""
        if whole := shape(message):
            self.messages.append(whole)

    async def send_text_message(self, recipient_id: str, text: str, **_: Any) -> None:
        """Collect a text that came some other way than send_response."""
        await self.send_response(recipient_id, {"text": text})


def shape(message: dict[str, Any]) -> dict[str, Any]:
    """Return what the page may see of a bot message: `text`, `image`, `buttons` and `custom`.

    Rasa's quick replies are buttons by another name; an attachment that is a link becomes text.
    Empty parts are left out, so a message that has nothing to show is an empty dictionary.
    """
    attachment = message.get("attachment")
    parts = {
        "text": message.get("text") or (attachment if isinstance(attachment, str) else None),
        "image": message.get("image"),
        "buttons": [
            {"title": str(button.get("title", "")), "payload": str(button.get("payload", ""))}
            for button in (message.get("buttons") or []) + (message.get("quick_replies") or [])
        ],
        "custom": message.get("custom"),
    }
    return {name: part for name, part in parts.items() if part}
