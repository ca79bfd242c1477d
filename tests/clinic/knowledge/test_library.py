"""The shelf stays whole: whatever goes wrong, visitors keep the last good answers."""

import gc
import logging
import multiprocessing
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest
from small_clinic import TODAY, CountingEncoder, write

from clinic.knowledge import library as module
from clinic.knowledge.artifact import ArtifactError
from clinic.knowledge.library import Library, PublishError


@pytest.fixture
def publish(knowledge, library, counting):
    """Publish the clinic with its prices answered by `text`; return the hash."""

    def publish(text="It varies."):
        write(knowledge, "cost", short=text)
        return library.publish(knowledge, counting, TODAY).sha

    return publish


@pytest.fixture
def shelf(tmp_path):
    return tmp_path / "published"


def answer(library):
    return library.live().answers["cost"].short


def blob(shelf, sha):
    return shelf / "blobs" / f"{sha}.db"


def point(shelf, sha):
    fresh = shelf / "pointer"
    fresh.write_text(sha + "\n")
    fresh.replace(shelf / "current")


def damage(path):
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])


def state(shelf):
    return {
        str(path.relative_to(shelf)): path.read_bytes()
        for path in sorted(shelf.rglob("*"))
        if path.is_file()
    }


def test_before_the_first_publish_there_is_nothing(library, knowledge):
    assert library.live_sha() is None
    assert not library.up_to_date(knowledge)
    with pytest.raises(ArtifactError, match="run `stipple publish`"):
        library.live()
    with pytest.raises(PublishError, match="no earlier version"):
        library.rollback()


def test_a_publish_goes_live_everywhere(publish, library, shelf, knowledge):
    other = Library(shelf)
    first = publish("Ask us.")
    assert (answer(library), answer(other)) == ("Ask us.", "Ask us.")
    publish("It varies.")
    assert (answer(library), answer(other)) == ("It varies.", "It varies.")
    assert blob(shelf, first).stat().st_mode & 0o777 == 0o444
    assert library.up_to_date(knowledge)
    write(knowledge, "age", short="Eighteen.")
    assert not library.up_to_date(knowledge)


def test_publishing_the_same_again_changes_nothing(publish, library, shelf, knowledge, counting):
    publish()
    before = state(shelf)
    counting.seen.clear()
    again = library.publish(knowledge, counting, TODAY)
    assert not again.changed
    assert again.articles == 4
    assert state(shelf) == before
    assert counting.seen == []


def test_going_back_to_old_words_gives_the_old_file(publish):
    first, second = publish("Ask us."), publish("It varies.")
    assert publish("Ask us.") == first != second


@pytest.mark.parametrize("broken", ["unreadable", "forbidden"])
def test_broken_content_is_not_published_and_says_why(publish, knowledge, library, shelf, broken):
    publish()
    before = state(shelf)
    if broken == "unreadable":
        write(knowledge, "age", title=None)
    else:
        write(knowledge, "age", short="It is painless.")
    with pytest.raises(PublishError, match=r"^age\.md: (title: is missing|short: claims)"):
        library.publish(knowledge, CountingEncoder(), TODAY)
    assert state(shelf) == before


class FailingEncoder(CountingEncoder):
    def encode(self, texts, batch=32):
        raise RuntimeError("out of memory")


def test_a_failure_in_the_middle_changes_nothing(publish, knowledge, library, shelf):
    publish()
    before = state(shelf)
    write(knowledge, "cost", short="New.")
    with pytest.raises(RuntimeError, match="out of memory"):
        library.publish(knowledge, FailingEncoder(), TODAY)
    assert state(shelf) == before


def test_a_pointer_that_cannot_be_written_changes_nothing_for_visitors(publish, library, shelf):
    publish("Ask us.")
    obstacle = shelf / "current.new"
    obstacle.mkdir()
    with pytest.raises(IsADirectoryError):
        publish("New.")
    assert answer(library) == answer(Library(shelf)) == "Ask us."
    obstacle.rmdir()
    publish("New.")
    assert answer(library) == "New."
    library.rollback()
    assert answer(library) == "Ask us."


def _publish_until_killed(knowledge, shelf, stage):
    def progress(said):
        if said.startswith(stage):
            os.kill(os.getpid(), signal.SIGKILL)

    Library(shelf).publish(knowledge, CountingEncoder(), TODAY, progress)


@pytest.mark.parametrize("stage", ["checking", "reading", "writing", "fitting"])
def test_a_publish_that_is_killed_changes_nothing(publish, knowledge, library, shelf, stage):
    publish("Ask us.")
    before = state(shelf)
    write(knowledge, "cost", short="New.")
    process = multiprocessing.get_context("spawn").Process(
        target=_publish_until_killed, args=(knowledge, shelf, stage)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert {name: data for name, data in state(shelf).items() if "candidate" not in name} == before
    assert answer(Library(shelf)) == "Ask us."
    publish("New.")  # neither the lock nor what was left over is in the way
    assert answer(library) == "New."
    assert not [name for name in state(shelf) if "candidate" in name]


def _publish_often(knowledge, shelf, name):
    for number in range(5):
        write(knowledge, "cost", short=f"Answer {number} of {name}.")
        Library(shelf).publish(knowledge, CountingEncoder(), TODAY)


def test_publishers_at_the_same_time_leave_a_good_shelf(tmp_path, publish, knowledge, shelf):
    publish()
    context = multiprocessing.get_context("spawn")
    processes = []
    for name in ("Ann", "Ben"):
        folder = shutil.copytree(knowledge, tmp_path / name)
        processes.append(context.Process(target=_publish_often, args=(folder, shelf, name)))
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert answer(Library(shelf)) in ("Answer 4 of Ann.", "Answer 4 of Ben.")
    history = (shelf / "history").read_text().split()
    assert len(history) == len(set(history)) == 11
    assert {path.stem for path in (shelf / "blobs").iterdir()} == set(history)


def test_readers_see_no_error_while_versions_change(publish, library, shelf):
    good = {publish("Ask us."): "Ask us.", publish("It varies."): "It varies."}
    first, second = good
    shared, stop, errors, reads = Library(shelf), threading.Event(), [], []

    def read():
        own = Library(shelf)
        while not stop.is_set():
            for reader in (own, shared):
                try:
                    live = reader.live()
                    (text,) = live.database.execute(
                        "select text from reply where name = 'thanks'"
                    ).fetchone()
                    assert text
                    assert live.answers["cost"].short == good[live.sha]
                    reads.append(live.sha)
                except Exception as error:
                    errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        library.rollback()
        point(shelf, second)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert set(reads) == {first, second}


def test_old_versions_leak_no_open_files(publish, library, shelf):
    first, second = publish("Ask us."), publish("It varies.")
    open_files = Path("/proc/self/fd")
    gc.collect()
    before = len(list(open_files.iterdir()))
    for _ in range(50):
        for sha in (first, second):
            point(shelf, sha)
            assert library.live().sha == sha
    assert len(list(open_files.iterdir())) <= before + 2


@pytest.mark.parametrize(
    "pointer", ["", "nonsense\n", "0" * 64, "../../etc/passwd", "\xff\xfe", None]
)
def test_a_pointer_that_leads_nowhere_is_not_followed(publish, library, shelf, pointer, counting,
                                                      knowledge):  # fmt: skip
    good = publish("Ask us.")
    library.live()
    (shelf / "current").unlink()
    if pointer is not None:
        (shelf / "current").write_text(pointer, encoding="latin-1")
    assert answer(library) == "Ask us."
    assert answer(Library(shelf)) == "Ask us.", "after a restart too"
    assert library.publish(knowledge, counting, TODAY).changed, "a publish mends it"
    assert library.live_sha() == good


def test_a_damaged_live_file_is_refused_and_the_last_good_one_kept(publish, library, shelf, caplog):
    publish("Ask us.")
    library.live()
    second = publish("It varies.")
    reader = Library(shelf)
    damage(blob(shelf, second))
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert answer(reader) == "Ask us."
    assert [record.message[:18] for record in caplog.records] == [f"Knowledge {second[:8]}"]
    assert "varies" not in caplog.text


def test_a_repaired_file_is_noticed(publish, library, shelf):
    publish("Ask us.")
    second = publish("It varies.")
    reader, path = Library(shelf), blob(shelf, second)
    whole = path.read_bytes()
    damage(path)
    assert answer(reader) == "Ask us."
    path.write_bytes(whole)
    os.utime(path, ns=(0, 0))
    assert answer(reader) == "It varies."


def test_publishing_mends_a_damaged_live_file(publish, library, shelf, knowledge, counting):
    sha = publish()
    library.live()
    damage(blob(shelf, sha))
    assert not library.publish(knowledge, counting, TODAY).changed
    assert answer(Library(shelf)) == "It varies."


def test_when_nothing_is_whole_it_says_what_to_run(publish, shelf):
    damage(blob(shelf, publish()))
    with pytest.raises(ArtifactError, match="none is whole; run `stipple publish`"):
        Library(shelf).live()


def test_rolling_back_goes_further_back_each_time(publish, library):
    shas = [publish(f"Answer {n}.") for n in range(3)]
    assert [library.rollback(), library.rollback()] == [shas[1], shas[0]]
    assert answer(library) == "Answer 0."
    with pytest.raises(PublishError, match="no earlier version"):
        library.rollback()
    assert answer(library) == "Answer 0."


def test_what_was_rolled_back_is_kept_but_not_what_came_before(publish, library, shelf):
    a, b, bad = publish("A."), publish("B."), publish("Bad.")
    assert library.rollback() == b
    d = publish("D.")
    assert library.rollback() == b, "not the bad one"
    assert library.rollback() == a
    assert all(blob(shelf, sha).exists() for sha in (a, b, bad, d))


def test_what_was_rolled_back_does_not_come_back_by_itself(publish, library, knowledge):
    publish("A.")
    publish("Bad.")
    library.rollback()
    assert library.up_to_date(knowledge), "the folder still says Bad: it waits for a publish"
    write(knowledge, "cost", short="Better.")
    assert not library.up_to_date(knowledge)


def test_rolling_back_passes_over_a_damaged_version(publish, library, shelf):
    a, b, _ = publish("A."), publish("B."), publish("C.")
    damage(blob(shelf, b))
    assert library.rollback() == a


def test_a_lost_history_is_read_off_the_shelf(publish, library, shelf):
    shas = [publish(f"Answer {n}.") for n in range(3)]
    for content in (None, b"\xff\x00 nonsense"):
        (shelf / "history").unlink(missing_ok=True)
        if content:
            (shelf / "history").write_bytes(content)
        point(shelf, shas[2])
        assert library.rollback() == shas[1]
    point(shelf, shas[2])
    publish("New.")
    assert all(blob(shelf, sha).exists() for sha in shas)


def test_only_the_last_versions_are_kept(publish, library, shelf, monkeypatch):
    monkeypatch.setattr(module, "KEEP", 3)
    shas = [publish(f"Answer {n}.") for n in range(5)]
    assert {path.stem for path in (shelf / "blobs").iterdir()} == set(shas[2:])
    assert (shelf / "history").read_text().split() == shas[2:]
    assert library.live().sha == shas[4]


def test_a_version_taken_off_the_shelf_stays_open_for_its_readers(publish, shelf, monkeypatch):
    monkeypatch.setattr(module, "KEEP", 1)
    publish("Old.")
    old = Library(shelf).live()
    publish("New.")
    assert not blob(shelf, old.sha).exists()
    assert old.database.execute("select count(*) from answer").fetchone() == (4,)
