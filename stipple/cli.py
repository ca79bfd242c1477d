"""The command `stipple`. Each verb is thin; errors are one line that says what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from clinic.settings import Settings, SettingsError
from stipple.environment import silence_libraries

# Lines are folded on a terminal only, so that a script finds a whole finding on one line.
console = Console(highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())
errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=not sys.stderr.isatty())


class _Group(click.Group):
    """Turns the faults that a user can mend into one line, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        silence_libraries()
        try:
            return super().invoke(context)
        except OSError as error:
            # Such as a full disk or a folder that may not be written.
            where = f" ({error.filename})" if error.filename else ""
            raise click.ClickException(f"{error.strerror or error}{where}") from None
        except Exception as error:
            if isinstance(error, _mendable()):
                raise click.ClickException(str(error)) from None
            raise


def _mendable() -> tuple[type[Exception], ...]:
    """The faults whose message tells the user what to do; imported late, as they take a second."""
    from clinic.database import DatabaseError
    from clinic.encoder import EncoderError
    from clinic.knowledge.artifact import ArtifactError
    from clinic.profile import ProfileError
    from clinic.safety import SafetyError
    from stipple.conversation import NotReadyError
    from stipple.language import WordsError
    from stipple.stages import TrainingError
    from stipple.supervisor import ServeError

    return (
        SettingsError,
        DatabaseError,
        EncoderError,
        ArtifactError,
        ProfileError,
        SafetyError,
        NotReadyError,
        WordsError,
        TrainingError,
        ServeError,
    )


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Stipple: answers questions about scalp micropigmentation and books consultations."""


@main.command()
def setup() -> None:
    """Build everything that is not up to date: encoder, words, database, answers, model."""
    _build(Settings.from_environment())


@main.command()
def serve() -> None:
    """Build what is not up to date, then run every server until Ctrl-C."""
    from stipple import ports
    from stipple.supervisor import Supervisor, servers

    settings = Settings.from_environment()
    ports.check(settings)
    _build(settings)
    with Supervisor(settings, servers(settings)) as supervisor:
        with console.status("Starting the servers ..."):
            answering = supervisor.wait_until_answering()
        if answering:
            address = f"http://{settings.host}:{settings.port}/webhooks/website/chat"
            console.print(f"\n[bold]Ready:[/bold] open {address}\nPress Ctrl-C to stop.\n")
            supervisor.watch()
    console.print("Stopped.")


@main.command()
def chat() -> None:
    """Talk to the assistant in the terminal; bookings made here are thrown away."""
    with _assistant() as assistant:
        console.print("Write a question, or press Ctrl-D to leave. Numbers press a button.")
        asyncio.run(_chat(assistant))


@main.command()
@click.argument("question", required=False)
@click.option("--jsonl", is_flag=True, help="Read JSON Lines from standard input, write them out.")
def ask(question: str | None, jsonl: bool) -> None:
    """Ask one QUESTION, or many as JSON Lines with --jsonl.

    A line is {"text": "..."} or {"turns": ["...", "..."]}; each is a fresh conversation, and
    bookings go to a throw-away diary.
    """
    if bool(question) == jsonl:
        raise click.UsageError("Give one question in quotes, or --jsonl and lines on stdin.")
    with _assistant() as assistant:
        if jsonl:
            asyncio.run(_ask_lines(assistant))
        else:
            (turn,) = asyncio.run(assistant.converse([question or ""]))
            _show(turn.messages)


@main.command()
def check() -> None:
    """Check the answers against the house rules; nothing is published."""
    from clinic.knowledge.content import ContentError, read_content
    from clinic.knowledge.lint import lint

    settings = Settings.from_environment()
    try:
        content = read_content(settings.knowledge)
    except ContentError as error:
        _refuse(error.findings)
    report = lint(content, dt.date.today())
    for finding in report.advice:
        console.print(f"advice: {finding}", markup=False)
    if report.blocking:
        _refuse(report.blocking)
    console.print(f"{len(content.published)} answers are in order.")


@main.command()
def publish() -> None:
    """Make the edited answers live, within seconds and without a restart."""
    _publish(Settings.from_environment())


@main.command()
def rollback() -> None:
    """Make the answers that were live before live again."""
    from clinic.knowledge.library import Library, PublishError

    try:
        sha = Library(Settings.from_environment().published).rollback()
    except PublishError as error:
        _refuse(error.findings)
    console.print(f"Back to version {sha[:12]}. Your files are unchanged.")


@main.command()
@click.option("--verbose", is_flag=True, help="Show what the libraries print.")
def train(verbose: bool) -> None:
    """Train the dialogue model again; needed after a change in bot/, not for answers."""
    from stipple import stages

    settings = Settings.from_environment()
    for stage in stages.stages(settings):
        if stage.title == "Words" and not stage.current():
            with _progress(stage.title) as progress:
                stage.make(progress)
    with _progress("Dialogue model") as progress:
        stages.train(settings, progress, verbose=verbose)


@main.command()
@click.argument("words", nargs=-1, required=True)
def when(words: tuple[str, ...]) -> None:
    """Explain what time WORDS mean to the booking, such as: next tues after 3."""
    from clinic.booking.dates import describe, read_when
    from clinic.profile import load_profile

    profile = load_profile(Settings.from_environment().knowledge / "clinic.yml")
    meant = read_when(" ".join(words), dt.datetime.now(dt.timezone.utc), profile.zone)
    console.print(describe(meant) if meant else "No time found in that.", markup=False)


@main.command()
def doctor() -> None:
    """Say what is installed, built, out of date and reachable."""
    from stipple.doctor import examine

    healthy = True
    for finding in examine(Settings.from_environment()):
        healthy = healthy and finding.good is not False
        mark = {
            True: "[green]ok  [/green]",
            False: "[red]bad [/red]",
            None: "[yellow]note[/yellow]",
        }
        text = escape(finding.text)
        console.print(f"{mark[finding.good]}  [bold]{finding.subject}[/bold]: {text}")
    sys.exit(0 if healthy else 1)


def _build(settings: Settings) -> None:
    from clinic.knowledge.library import PublishError
    from stipple.stages import check_disk, stages

    check_disk(settings)
    for stage in stages(settings):
        if stage.current():
            continue
        try:
            with _progress(stage.title) as progress:
                stage.make(progress)
        except PublishError as error:
            _refuse(error.findings)


def _publish(settings: Settings) -> None:
    from clinic.encoder import Encoder
    from clinic.knowledge.library import Library, PublishError

    try:
        with _progress("Answers") as progress:
            published = Library(settings.published).publish(
                settings.knowledge, Encoder(settings.encoder), dt.date.today(), progress
            )
    except PublishError as error:
        _refuse(error.findings)
    for finding in published.advice:
        console.print(f"advice: {finding}", markup=False)
    state = "are live now" if published.changed else "were live already; nothing has changed"
    console.print(f"{published.articles} answers {state} (version {published.sha[:12]}).")


def _refuse(findings: Any) -> Any:
    for finding in findings:
        errors.print(str(finding), markup=False, style="red")
    count = len(findings)
    raise click.ClickException(
        f"{count} thing{'s' if count != 1 else ''} to put right; nothing was published and the "
        "answers that were live are unchanged."
    )


@contextmanager
def _progress(title: str) -> Iterator[Any]:
    """Show a running title on a terminal, and plain lines where nobody watches."""
    if console.is_terminal:
        with console.status(f"{title} ...") as status:
            yield lambda step: status.update(f"{title}: {step} ...")
    else:
        console.print(f"{title} ...")
        yield lambda step: console.print(f"  {step}", markup=False)
    console.print(f"[green]done[/green] {title}")


@contextmanager
def _assistant() -> Iterator[Any]:
    from stipple.conversation import Assistant

    with errors.status("Waking the assistant ...") if errors.is_terminal else _nothing():
        assistant = Assistant(Settings.from_environment())
    try:
        yield assistant
    finally:
        assistant.close()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


async def _ask_lines(assistant: Any) -> None:
    from stipple.conversation import ask_line

    # As bytes in and ASCII out: neither a bad byte nor the terminal's encoding ends the stream.
    for line in sys.stdin.buffer:
        if line.strip():
            click.echo(json.dumps(await ask_line(assistant, line)))


async def _chat(assistant: Any) -> None:
    conversation = uuid.uuid4().hex
    buttons: list[str] = []
    while True:
        try:
            text = console.input("[bold]you>[/bold] ").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if text.isdecimal() and 0 < int(text) <= len(buttons):
            text = buttons[int(text) - 1]
        elif text.startswith("/"):
            text = text.lstrip("/")  # what is typed is never a payload
        if text:
            turn = await assistant.say(text, conversation)
            buttons = _show(turn.messages)


def _show(messages: list[dict[str, Any]]) -> list[str]:
    payloads: list[str] = []
    for message in messages:
        console.print(message.get("text", ""), markup=False)
        custom = message.get("custom") or {}
        if sources := custom.get("sources"):
            titles = "; ".join(f"{s['title']} ({s['publisher']})" for s in sources)
            console.print(f"Sources: {titles}", markup=False, style="dim")
        if review := custom.get("review"):
            console.print(review, markup=False, style="dim")
        for button in message.get("buttons", []):
            payloads.append(button["payload"])
            console.print(f"  {len(payloads)}. {button['title']}", markup=False, style="cyan")
    return payloads
