"""The knowledge folder is read as one, and every problem in it is told at once."""

import shutil

import pytest
from small_clinic import SHIPPED, write

from clinic.knowledge.content import REPLIES, ContentError, fingerprint, read_content


def problems(folder):
    with pytest.raises(ContentError) as caught:
        read_content(folder)
    for finding in caught.value.findings:
        assert finding.file
        assert finding.field
        assert finding.remedy.endswith(".")
    return [str(finding) for finding in caught.value.findings]


def test_what_ships_is_read():
    content = read_content(SHIPPED)
    assert len(content.articles) >= 80
    assert content.replies.keys() >= REPLIES
    assert content.country.emergency_number == "999"
    assert list(content.articles) == sorted(content.articles)


def test_only_published_articles_are_published(knowledge):
    write(knowledge, "age", status="draft")
    write(knowledge, "women", status="archived")
    content = read_content(knowledge)
    assert [article.id for article in content.published] == ["cost", "pain"]
    assert set(content.articles) == {"age", "cost", "pain", "women"}


def test_every_problem_in_every_file_is_told(knowledge):
    write(knowledge, "age", title=None)
    write(knowledge, "cost", status="live")
    (knowledge / "clinic.yml").write_text("name: x", encoding="utf-8")
    (knowledge / "sources.yml").write_text("P1: {title: a}", encoding="utf-8")
    (knowledge / "replies.yml").write_text("thanks: 12", encoding="utf-8")
    told = "\n".join(problems(knowledge))
    for start in (
        "age.md: title: is missing",
        "cost.md: status: is 'live'",
        "clinic.yml: phone: is missing",
        "sources.yml: P1: needs title",
        "replies.yml: thanks: should be text",
        "replies.yml: greeting: is missing; restore this line.",
    ):
        assert start in told


@pytest.mark.parametrize("name", ["clinic.yml", "sources.yml", "replies.yml"])
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "is missing; restore it"),
        (b"a: \xff", "as UTF-8"),
        (b"a: b: c", "line 1 is not readable"),
        (b"- a", "lines of `name: value`"),
        (b"", "lines of `name: value`"),
        (b"a: &a [x]\nb: *a", "line 2 has a value that begins with *"),
        (b"a: 2026-02-31", "cannot be read (day is out of range"),
    ],
)
def test_a_broken_file_says_what_to_do(knowledge, name, data, says):
    (knowledge / name).unlink()
    if data is not None:
        (knowledge / name).write_bytes(data)
    assert [said for said in problems(knowledge) if said.startswith(name) and says in said]


@pytest.mark.parametrize(
    "entry",
    [
        "just text",
        "{title: a, publisher: b}",
        "{title: a, publisher: b, kind: rumour}",
        "{title: a, publisher: b, kind: study, year: last}",
        "{title: a, publisher: b, kind: study, year: yes}",
        "{title: 1984, publisher: b, kind: study}",
        "{title: '', publisher: b, kind: study}",
        "{title: a, publisher: b, kind: study, yeer: 2020}",
    ],
)
def test_a_source_has_its_parts(knowledge, entry):
    with (knowledge / "sources.yml").open("a", encoding="utf-8") as file:
        file.write(f"\nQ1: {entry}\n")
    (said,) = problems(knowledge)
    assert said.startswith("sources.yml: Q1: needs title, publisher and kind as text")


def test_a_source_may_have_no_year(knowledge):
    with (knowledge / "sources.yml").open("a", encoding="utf-8") as file:
        file.write("\nQ1: {title: a, publisher: b, kind: study}\n")
    assert read_content(knowledge).sources["Q1"].year is None


def test_files_from_a_windows_editor_are_read(knowledge):
    for path in knowledge.rglob("*.yml"):
        if path.parent == knowledge:
            text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
            path.write_text(text, encoding="utf-8-sig")
    assert read_content(knowledge).profile.name == "Your SMP Clinic"


def test_what_editors_leave_beside_an_article_is_no_article(knowledge):
    articles = knowledge / "articles"
    (articles / "._pain.md").write_bytes(b"\x00\x05\x16\x07")
    (articles / ".#age.md").symlink_to("nobody@nowhere")
    (articles / "pain.md~").write_text("old")
    assert set(read_content(knowledge).articles) == {"age", "cost", "pain", "women"}


def test_no_articles_at_all_is_a_problem(knowledge):
    shutil.rmtree(knowledge / "articles")
    assert "articles: folder: holds no answers; restore it." in problems(knowledge)


def test_the_fingerprint_is_of_names_and_bytes(knowledge, tmp_path):
    first = fingerprint(knowledge)
    copy = shutil.copytree(knowledge, tmp_path / "copy")
    assert fingerprint(copy) == first
    assert read_content(copy).fingerprint == first
    (copy / "articles" / "age.md").rename(copy / "articles" / "ages.md")
    assert fingerprint(copy) != first
    (copy / "articles" / "ages.md").rename(copy / "articles" / "age.md")
    assert fingerprint(copy) == first
    write(copy, "age", short="Other words.")
    assert fingerprint(copy) != first
    (knowledge / "notes.txt").write_text("no content")
    (knowledge / "folder.md").mkdir()
    (knowledge / "articles" / ".#age.md").symlink_to("nowhere")
    assert len(fingerprint(knowledge)) == 64
