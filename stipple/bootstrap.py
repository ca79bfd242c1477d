"""Make `.venv`: a private Python 3.10 with exactly the libraries of uv.lock.

Run by `make setup` with whatever Python 3 the machine has, so it uses the standard library only
and no syntax newer than Python 3.8.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = "uv==0.13.8"
NEEDED_GB = 4.5


class SetupError(Exception):
    """One line that says what is wrong and what to do."""


def main() -> int:
    """Make or refresh `.venv`; return the exit status."""
    try:
        environment = ROOT / ".venv"
        wanted = _wanted()
        stamp = environment / ".stipple-lock"
        if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
            return 0
        _check_disk(environment)
        uv = _uv()
        print(
            "Setting up the libraries in .venv (about 1 GB to fetch, 3 GB on disk) ...", flush=True
        )
        _run(
            # Compiled here once: where Python may not write bytecode, each start would do it anew.
            [str(uv), "sync", "--frozen", "--compile-bytecode", "--python", _python()],
            "the libraries could not be installed: check the network and the free disk space, "
            "then run the same command again.",
        )
        stamp.write_text(wanted, encoding="ascii")
        return 0
    except SetupError as error:
        print("stipple: " + str(error), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"stipple: {error.strerror} ({error.filename}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stipple: stopped; run the same command again to go on.", file=sys.stderr)
        return 130


def _wanted() -> str:
    digest = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml", ".python-version"):
        digest.update((ROOT / name).read_bytes())
    # A moved folder breaks the environment's own paths, so its place is part of the stamp.
    digest.update(str(ROOT).encode("utf-8"))
    return digest.hexdigest()


def _check_disk(environment: Path) -> None:
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if not environment.exists() and free < NEEDED_GB:
        raise SetupError(
            f"the disk has {free:.1f} GB free and setting up needs {NEEDED_GB:.1f} GB: "
            "make room and run the same command again."
        )


def _uv() -> Path:
    """The installer, in a small environment of its own below .build/."""
    home = ROOT / ".build" / "uv"
    uv = home / "bin" / "uv"
    version = UV.split("==")[1]
    if uv.exists() and version in _output([str(uv), "--version"]):
        return uv
    print("Fetching the installer ...", flush=True)
    shutil.rmtree(str(home), ignore_errors=True)
    _run(
        [sys.executable, "-m", "venv", str(home)],
        "this Python cannot make a private environment: install its venv module (Debian and "
        "Ubuntu: apt install python3-venv), then run the same command again.",
        quiet=True,
    )
    _run(
        [
            str(home / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            UV,
        ],
        "the installer could not be fetched: check the network, then run the same command again.",
    )
    return uv


def _python() -> str:
    """A Python 3.10 to build with: this one, another on the path, or one that uv fetches."""
    running = "{}.{}".format(*sys.version_info)
    if running == "3.10":
        return sys.executable
    found = shutil.which("python3.10")
    if found and "3.10" in _output([found, "--version"]):
        return found
    print("No Python 3.10 found here; the installer will fetch one.", flush=True)
    return "3.10"


def _output(command: "list[str]") -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout


def _run(command: "list[str]", remedy: str, quiet: bool = False) -> None:
    settings = dict(os.environ, UV_PROJECT_ENVIRONMENT=str(ROOT / ".venv"))
    settings.pop("VIRTUAL_ENV", None)
    sink = subprocess.DEVNULL if quiet else None
    try:
        status = subprocess.run(  # noqa: S603
            command, cwd=str(ROOT), env=settings, stdout=sink, stderr=sink, check=False
        ).returncode
    except OSError:
        status = 1
    if status:
        raise SetupError(remedy)


if __name__ == "__main__":
    sys.exit(main())
