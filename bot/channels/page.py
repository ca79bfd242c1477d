"""The chat page and its two files, with the headers that keep a browser on the safe side."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

WIDGET = Path(__file__).resolve().parent.parent / "widget"
PAGE = "index.html"

_TYPES = {
    PAGE: "text/html; charset=utf-8",
    "chat.css": "text/css; charset=utf-8",
    "chat.js": "text/javascript; charset=utf-8",
}

SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True)
class File:
    """One file of the page; `etag` changes with its content."""

    content: bytes
    content_type: str
    etag: str


def read_page(folder: Path = WIDGET) -> dict[str, File]:
    """Read the files that may be served, by name; nothing else in the folder ever is."""
    files = {}
    for name, content_type in _TYPES.items():
        content = (folder / name).read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        files[name] = File(content, content_type, etag)
    return files
