"""The shelf of publications: publish a candidate, flip the pointer, follow it, roll back.

`published/blobs/<sha256>.db` are read-only files named by their hash; `published/current` names
the live one and `published/history` every one that has been live, newest last. A publish writes
the candidate first and flips the pointer last, so a crash at any moment changes nothing for
visitors.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinic.encoder import Encoder
from clinic.knowledge.article import Finding
from clinic.knowledge.artifact import (
    Artifact,
    ArtifactError,
    Progress,
    compile_artifact,
    known_vectors,
    open_artifact,
)
from clinic.knowledge.content import Content, ContentError, fingerprint, read_content
from clinic.knowledge.lint import lint

log = logging.getLogger(__name__)

_SHA = re.compile(r"[0-9a-f]{64}")
KEEP = 20  # publications kept for rolling back


class PublishError(RuntimeError):
    """Nothing was published and the live answers are as they were; the findings say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


@dataclass(frozen=True)
class Published:
    """What a publish did: the live hash, whether it changed, and advice that did not block."""

    sha: str
    changed: bool
    articles: int
    advice: tuple[Finding, ...]


class Library:
    """The publications in one folder, and the open live one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: Artifact | None = None
        self._refused = ""

    def live_sha(self) -> str | None:
        """The hash that the pointer names, or None before the first publish."""
        try:
            sha = (self._folder / "current").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return sha if _SHA.fullmatch(sha) else None

    def live(self) -> Artifact:
        """Return the live publication, following the pointer; keep the last good one on any doubt.

        Raises ArtifactError only when nothing good has been opened yet.
        """
        sha = self.live_sha()
        if sha is not None and (self._open is None or self._open.sha != sha):
            try:
                self._open = open_artifact(self._blob(sha), sha)
                self._refused = ""
            except ArtifactError as error:
                if self._refused != sha:
                    log.error("Knowledge %s refused: %s", sha[:12], error)
                self._refused = sha
        if self._open is None:
            raise ArtifactError("no answers are published yet; run `stipple publish`")
        return self._open

    def publish(
        self,
        knowledge: Path,
        encoder: Encoder,
        today: dt.date,
        progress: Progress = lambda _: None,
    ) -> Published:
        """Check, compile and flip; raise PublishError when the content must not go live."""
        with self._locked():
            progress("checking the answers")
            content = _checked(knowledge)
            report = lint(content, today)
            if report.blocking:
                raise PublishError(list(report.blocking))
            live = self._live_or_none()
            with tempfile.TemporaryDirectory(dir=self._folder) as name:
                candidate = Path(name) / "candidate.db"
                known = known_vectors(live) if live else None
                compile_artifact(content, encoder, candidate, known, progress)
                sha = hashlib.sha256(candidate.read_bytes()).hexdigest()
                if live is None or live.sha != sha:
                    self._shelve(candidate, sha)
                    self._flip(sha)
            return Published(
                sha, live is None or live.sha != sha, len(content.published), report.advice
            )

    def up_to_date(self, knowledge: Path) -> bool:
        """Whether the live publication was made from the knowledge folder as it is now."""
        live = self._live_or_none()
        return live is not None and live.fingerprint == fingerprint(knowledge)

    def rollback(self) -> str:
        """Make the publication before the live one live again; return its hash."""
        with self._locked():
            history = self._history()
            current = self.live_sha()
            earlier = [sha for sha in history if sha != current and self._blob(sha).exists()]
            if not earlier:
                remedy = "there is no earlier version to go back to."
                raise PublishError([Finding("knowledge", "history", remedy)])
            target = earlier[-1]
            open_artifact(self._blob(target), target)
            self._flip(target)
            return target

    def _blob(self, sha: str) -> Path:
        return self._folder / "blobs" / f"{sha}.db"

    def _live_or_none(self) -> Artifact | None:
        with contextlib.suppress(ArtifactError):
            return self.live()
        return None

    def _history(self) -> list[str]:
        path = self._folder / "history"
        lines = path.read_text(encoding="ascii").split() if path.exists() else []
        return [line for line in lines if _SHA.fullmatch(line)]

    def _shelve(self, candidate: Path, sha: str) -> None:
        candidate.chmod(0o444)
        with candidate.open("rb") as file:
            os.fsync(file.fileno())
        self._blob(sha).parent.mkdir(exist_ok=True)
        candidate.replace(self._blob(sha))
        open_artifact(self._blob(sha), sha)

    def _flip(self, sha: str) -> None:
        earlier = [entry for entry in self._history() if entry != sha]
        history = [*earlier[-KEEP + 1 :], sha]
        _write_atomically(self._folder / "history", "\n".join(history) + "\n")
        _write_atomically(self._folder / "current", sha + "\n")
        for blob in (self._folder / "blobs").glob("*.db"):
            if blob.stem not in history:
                blob.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _checked(knowledge: Path) -> Content:
    try:
        return read_content(knowledge)
    except ContentError as error:
        raise PublishError(error.findings) from None


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
