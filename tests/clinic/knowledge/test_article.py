"""Whatever stands in an article's file, it is read or refused in words that help."""

import datetime as dt
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from small_clinic import article

from clinic.knowledge.article import TOPICS, ArticleError, parse_article, read_article

FIELDS = (
    "title topics phrasings short get_help sources related reviewed_by reviewed_on review_by status"
).split()


def findings(text, identifier="pain"):
    """What is said about an article that cannot be read: each finding names all three parts."""
    with pytest.raises(ArticleError) as caught:
        parse_article(identifier, text)
    for finding in caught.value.findings:
        assert finding.file == f"{identifier}.md"
        assert finding.field
        assert finding.remedy.endswith(".")
        assert "\n" not in str(finding)
        assert len(str(finding)) < 400
    return {finding.field: finding.remedy for finding in caught.value.findings}


def parses(text):
    try:
        return parse_article("pain", text)
    except ArticleError:
        findings(text)
    return None


@given(st.text())
@example("---\n---\n")
@example("---\n\ud800\n---\n")
@example("---\ntitle: \x00\n---\n")
@example("---\n? [a]\n: b\n---\n")
@example("---\n~: 1\n---\n")
def test_any_text_is_read_or_refused(text):
    parses(text)


atoms = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        "2026-02-31 2026-01-01T99:00:00 !!bool !!int !foo &a *a << .nan 1e999 0x [] {} ~ "
        "'open \"open | > - ? : @ ` % !!binary yes 0o9 1_0 [[[[ }}}} --- ... # \t".split(" ")
    ),
)


@given(st.lists(st.tuples(st.sampled_from([*FIELDS, "price", "", "- x", "  "]), atoms)))
def test_any_front_matter_is_read_or_refused(lines):
    parses("---\n" + "\n".join(f"{name}: {value}" for name, value in lines) + "\n---\nBody.")


@given(st.binary(max_size=200))
@example(b"\xff\xfe-\x00-\x00-\x00")
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("a") / "pain.md"
    path.write_bytes(data)
    with pytest.raises(ArticleError):
        read_article(path)


words = st.text(
    st.characters(blacklist_categories=["C", "Z"], whitelist_characters=" "), min_size=1
).filter(lambda text: text.strip())
days = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))


@given(
    st.fixed_dictionaries(
        {
            "title": words,
            "topics": st.lists(st.sampled_from(sorted(TOPICS)), min_size=1, max_size=3),
            "phrasings": st.lists(words, min_size=1, max_size=5),
            "short": words,
            "sources": st.lists(words, min_size=1, max_size=3),
            "review_by": days,
            "status": st.sampled_from(["draft", "published", "archived"]),
        },
        optional={"get_help": words, "related": st.lists(words, max_size=6), "reviewed_on": days},
    ),
    words,
)
def test_what_is_written_comes_back(fields, details):
    read = parse_article("pain", article(details, **fields))
    for name, value in fields.items():
        if isinstance(value, list):
            value = tuple(entry.strip() for entry in value)
        assert getattr(read, name) == (value.strip() if isinstance(value, str) else value)
    assert read.details == details.strip()
    assert (read.id, read.file) == ("pain", "pain.md")


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"title": None}, "title", "is missing"),
        ({"title": " "}, "title", "is empty"),
        ({"title": 12}, "title", "put it in quotes"),
        ({"short": None}, "short", "is missing"),
        ({"topics": None}, "topics", "write 1 to 3"),
        ({"topics": ["age"] * 4}, "topics", "has 4 entries; write 1 to 3"),
        ({"topics": ["pains"]}, "topics", "'pains' is not a topic"),
        ({"topics": "age"}, "topics", "should be a list"),
        ({"phrasings": []}, "phrasings", "is missing"),
        ({"phrasings": ["does it hurt", 24]}, "phrasings", "not text (24)"),
        ({"phrasings": [["deep"]]}, "phrasings", "put it in quotes"),
        ({"sources": []}, "sources", "is missing"),
        ({"related": list("abcdefg")}, "related", "write 0 to 6"),
        ({"review_by": None}, "review_by", "is missing"),
        ({"review_by": "soon"}, "review_by", "write a date as 2027-05-21"),
        ({"review_by": 2027}, "review_by", "write a date as 2027-05-21"),
        ({"reviewed_on": True}, "reviewed_on", "write a date as 2027-05-21"),
        ({"reviewed_by": dt.date(2026, 1, 1)}, "reviewed_by", "should be text"),
        ({"status": "live"}, "status", "write draft, published, archived"),
        ({"price": "cheap"}, "'price'", "is not a field of an answer; known: get_help, phrasings"),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy(fields, field, says):
    assert says in findings(article(**fields))[field]


def test_all_wrong_fields_are_named_at_once():
    wrong = findings(article(title=None, topics=["x"], status="live", review_by=None))
    assert set(wrong) == {"title", "topics", "status", "review_by"}


def test_a_long_slip_makes_a_short_message():
    findings(article(title=["word " * 5_000] * 50, **{"x" * 5_000: 1}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "should begin with a line ---"),
        ("title: x\n", "should begin with a line ---"),
        ("Words.\n---\ntitle: x\n---\n", "should begin with a line ---"),
        ("---\ntitle: x\n", "and another line ---"),
        ("---\n- title\n---\n", "lines of `name: value`"),
        ("---\ntitle: a\ntitle: b\n---\n", 'line 3 is not readable (found duplicate key "title"'),
        ("---\ntitle: Pain: a guide\n---\n", "line 2 is not readable"),
        ("\n\n---\ntitle: 'open\n---\n", "not readable"),
        ("---\ntopics:\n\t- age\n---\n", "line 3 is not readable"),
        ("---\nreview_by: 2026-02-31\n---\n", "day is out of range for month"),
        ("---\ntitle: *note* this\n---\n", "line 2"),
        ("---\ntitle: !important\n---\n", "line 2 has a value that begins with !; put it in quot"),
        ("---\ntitle: &a x\nshort: *a\n---\n", "line 3 has a value that begins with *; put it in"),
        ("---\ntitle: " + "[" * 5_000 + "]" * 5_000 + "\n---\n", "nested too deeply"),
    ],
)
def test_unreadable_front_matter_says_where_and_what(text, says):
    assert says in findings(text)["front matter"]


@pytest.mark.parametrize("kind", ["lists", "merges"])
def test_chained_aliases_do_not_explode(kind):
    links = (
        (f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30))
        if kind == "lists"
        else (f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 30))
    )
    begun = time.monotonic()
    assert (
        "begins with *"
        in findings("---\na0: &a0 {k: v}\n" + "\n".join(links) + "\n---\n")["front matter"]
    )
    assert time.monotonic() - begun < 2


def test_a_file_may_come_from_any_editor(tmp_path):
    path = tmp_path / "pain.md"
    text = article("First line.\nSecond line.")
    plain = parse_article("pain", text)
    for data in (
        text.encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        text.replace("---\n", "--- \n").encode(),
    ):
        path.write_bytes(data)
        assert read_article(path) == plain
    assert parse_article("pain", text.replace("\n", "\r\n")) == plain


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    path = tmp_path / "pain.md"
    for prepare, field, says in (
        (lambda: None, "file", "is missing"),
        (lambda: path.write_bytes(article().encode("utf-16")), "encoding", "as UTF-8"),
        (lambda: path.write_bytes("title: £".encode("latin-1")), "encoding", "(byte 7)"),
        (lambda: path.write_text(article("x" * 2_000_000)), "file", "far too large"),
        (lambda: path.unlink() or path.mkdir(), "file", "cannot be opened"),
    ):
        prepare()
        with pytest.raises(ArticleError) as caught:
            read_article(path)
        (finding,) = caught.value.findings
        assert (finding.file, finding.field) == ("pain.md", field)
        assert says in finding.remedy


@pytest.mark.parametrize(
    "name", ["Pain", "pain_numbing", "pain--numbing", "pain numbing", "päin", ""]
)
def test_a_file_name_is_small_letters_and_hyphens(name):
    assert "use small letters" in findings(article(), name)["file name"]


def test_a_line_in_the_details_may_be_a_rule():
    assert parse_article("pain", article("Above.\n\n---\n\nBelow.")).details.endswith("Below.")
