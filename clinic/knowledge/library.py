"""The shelf of publications: publish a candidate, flip the pointer, follow it, roll back.

`published/blobs/<sha256>.db` are read-only files named by their hash; `published/current` names
the live one and `published/history` orders them, so that rolling back knows what came before. A
publish writes the candidate first and flips the pointer last, so a crash at any moment changes
nothing for visitors.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import logging
import os
import re
import shutil
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
        self._refused: set[tuple[str, int]] = set()

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
        if self._open is None or self._open.sha != sha:
            # After a restart there is no last good one in memory: the one before may still do.
            earlier = reversed(self._history()) if self._open is None else ()
            found = (self._try(candidate) for candidate in [sha, *earlier] if candidate)
            self._open = next(filter(None, found), self._open)
        if self._open is None:
            raise ArtifactError("no answers are published, or none is whole; run `stipple publish`")
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
            for left_over in self._folder.glob("candidate-*"):  # of a publish that was killed
                shutil.rmtree(left_over, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="candidate-", dir=self._folder) as name:
                candidate = Path(name) / "candidate.db"
                known = known_vectors(live, encoder) if live else None
                compile_artifact(content, encoder, candidate, known, progress)
                sha = hashlib.sha256(candidate.read_bytes()).hexdigest()
                changed = self.live_sha() != sha
                # Shelved even if unchanged: that mends a live file that was damaged on disk.
                self._shelve(candidate, sha)
                if changed:
                    self._flip(sha)
            return Published(sha, changed, len(content.published), report.advice)

    def up_to_date(self, knowledge: Path) -> bool:
        """Whether the live publication was made from the knowledge folder as it is now.

        Also when that one was rolled back: whoever did so does not want it back at the next start.
        """
        live = self._live_or_none()
        if live is None:
            return False
        history = self._history()
        rolled_back = history[history.index(live.sha) + 1 :] if live.sha in history else []
        now = fingerprint(knowledge)
        return live.fingerprint == now or any(
            artifact.fingerprint == now for artifact in map(self._try, rolled_back) if artifact
        )

    def rollback(self) -> str:
        """Make the publication before the live one live again; return its hash.

        Rolling back again goes further back. What was rolled back stays on the shelf.
        """
        with self._locked():
            for sha in reversed(self._before_live()):
                if self._try(sha):
                    _write_atomically(self._folder / "current", sha + "\n")
                    return sha
            remedy = "there is no earlier version to go back to."
            raise PublishError([Finding("knowledge", "history", remedy)])

    def _blob(self, sha: str) -> Path:
        return self._folder / "blobs" / f"{sha}.db"

    def _live_or_none(self) -> Artifact | None:
        with contextlib.suppress(ArtifactError):
            return self.live()
        return None

    def _history(self) -> list[str]:
        """The publications on the shelf, oldest first; those that no line orders come first."""
        blobs = {blob.stem: blob for blob in (self._folder / "blobs").glob("*.db")}
        path = self._folder / "history"
        lines = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
        ordered = [sha for sha in dict.fromkeys(lines.split()) if blobs.pop(sha, None)]
        return sorted(blobs, key=lambda sha: blobs[sha].stat().st_mtime_ns) + ordered

    def _before_live(self) -> list[str]:
        history, live = self._history(), self.live_sha()
        return history[: history.index(live)] if live in history else history

    def _try(self, sha: str) -> Artifact | None:
        """Open a publication, or say once in the log why not."""
        blob = self._blob(sha)
        stamp = (sha, blob.stat().st_mtime_ns if blob.exists() else 0)
        if stamp in self._refused:
            return None
        try:
            return open_artifact(blob, sha)
        except ArtifactError as error:
            log.error("Knowledge %s refused: %s", sha[:12], error)
            self._refused.add(stamp)
            return None

    def _shelve(self, candidate: Path, sha: str) -> None:
        open_artifact(candidate, sha)
        candidate.chmod(0o444)
        with candidate.open("rb") as file:
            os.fsync(file.fileno())
        self._blob(sha).parent.mkdir(exist_ok=True)
        candidate.replace(self._blob(sha))

    def _flip(self, sha: str) -> None:
        # What was rolled back moves to the far end: kept, but never "the one before".
        live, before = self.live_sha(), self._before_live()
        rolled_back = [entry for entry in self._history() if entry not in {*before, live}]
        order = [entry for entry in [*rolled_back, *before, live] if entry and entry != sha]
        kept = [*order, sha][-KEEP:]
        _write_atomically(self._folder / "history", "\n".join(kept) + "\n")
        _write_atomically(self._folder / "current", sha + "\n")
        for blob in (self._folder / "blobs").glob("*.db"):
            if blob.stem not in kept:
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
