"""clinic.yml is read in full, and what is wrong in it is told in staff language."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.profile import WEEKDAYS, Booking, Profile, ProfileError, load_profile

SHIPPED = Path(__file__).resolve().parents[2] / "knowledge" / "clinic.yml"


@pytest.fixture
def load(tmp_path):
    """Load clinic.yml as it ships, with one line changed."""

    def load(line="", instead=""):
        text = SHIPPED.read_text(encoding="utf-8")
        assert text.count(line) >= 1
        path = tmp_path / "clinic.yml"
        path.write_text(text.replace(line, instead, 1) if line else text, encoding="utf-8")
        return load_profile(path)

    return load


def profile(**fields):
    return Profile(
        **{
            "name": "Ink & Co",
            "country": "GB",
            "time_zone": "Europe/London",
            "phone": "020 7946 0958",
            "email": "hello@ink.co.uk",
            "hours": {},
        }
        | fields
    )


def test_what_ships_is_read(load):
    read = load()
    assert read.name == "Your SMP Clinic"
    assert read.zone == ZoneInfo("Europe/London")
    assert (read.country, read.phone_region, read.holidays) == ("GB", "GB", "GB-ENG")
    assert read.facts["minimum_age"] == 18
    assert read.booking == Booking()
    assert read.hours_text == (
        "Monday to Wednesday 09:00 to 17:00, Thursday 11:00 to 19:00, Friday 09:00 to 17:00, "
        "Saturday 10:00 to 14:00"
    )
    assert set(read.for_answers()) == set(
        "name phone email website address directions hours_text facts".split()
    )


PHONE = 'phone: "020 7946 0958"'
MONDAY = 'monday: ["09:00-17:00"]'
LENGTH = "length_minutes: 45"
AGE = "minimum_age: 18"


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ("name: Your SMP Clinic", "", "name: is missing; add a line for it"),
        ("name: Your SMP Clinic", "name:", "name: is missing; add a line for it"),
        ("name: Your SMP Clinic", "name: ''", "name: is empty; fill it in"),
        ("name: Your SMP Clinic", "name: 1984", "name: should be text; put it in quotes"),
        (
            "name: Your SMP Clinic",
            f"name: {'x' * 121}",
            "name: is too long; use at most 120 letters",
        ),
        (
            "language: en",
            "langage: en",
            "langage: is not a line that is used here; correct its name",
        ),
        ("country: GB ", "country: UK ", "country: 'UK' is not a country code; write two letters"),
        ("country: GB ", "country: Ireland ", "write two letters such as GB (not UK) or US"),
        ("country: GB ", "country: GB-.. ", "is not a country code"),
        ("Europe/London", "London", "time_zone: 'London' is not a time zone; write one such as"),
        ("Europe/London", "GMT+1", "write one such as Europe/London"),
        (PHONE, "phone: 02079460958", "phone: should be text; put it in quotes"),
        (PHONE, "phone: +442079460958", "phone: should be text; put it in quotes"),
        (
            PHONE,
            "phone: ask us",
            "phone: 'ask us' is not a phone number; write it as visitors dial",
        ),
        ("hello@clinic.example", "hello", "email: 'hello' cannot be used; write one such as"),
        ("hello@clinic.example", "a@b@c.com", "write one such as hello@clinic.com"),
        (
            MONDAY,
            'Monday: ["09:00-17:00"]',
            "hours: 'Monday' is not a weekday; write monday to sun",
        ),
        (MONDAY, "monday: 09:00-17:00", "hours > monday: should be a list, in square brackets"),
        (MONDAY, 'monday: ["9-5"]', "hours: monday: '9-5' should look like \"09:00-17:00\""),
        (MONDAY, 'monday: ["09:00-24:00"]', 'should look like "09:00-17:00"'),
        (MONDAY, 'monday: ["17:00-09:00"]', 'should look like "09:00-17:00"'),
        (MONDAY, 'monday: ["09:00-09:00"]', 'should look like "09:00-17:00"'),
        (MONDAY, 'monday: ["09:00-17:00\\n"]', 'should look like "09:00-17:00"'),
        (MONDAY, "monday: ['09:00-13:00', '12:00-17:00']", "begins before the span above it ends"),
        (MONDAY, "monday:", "hours > monday: is empty; fill it in or take the line out"),
        (
            "hours: ",
            "hours: daily\nnone:",
            "hours: should be lines of `name: value`, set in by two",
        ),
        (
            "closed_on: []",
            "closed_on: [20261228]",
            "closed_on > 1: 20261228 is not a date; write one",
        ),
        (
            "closed_on: []",
            "closed_on: [2026-12-28, xmas]",
            "closed_on > 2: is not a date; write one",
        ),
        (
            "closed_on: []",
            "closed_on: 2026-12-28",
            "closed_on: should be a list, in square brackets",
        ),
        (
            "closed_on: []",
            "closed_on: [2026-02-31]",
            "(day is out of range for month); check dates",
        ),
        (
            "holidays: GB-ENG",
            "holidays: England",
            "holidays: 'England' is unknown; write one such as",
        ),
        ("holidays: GB-ENG", "holidays: GB-XYZ", "write one such as GB-ENG or US-CA"),
        ("holidays: GB-ENG", "holidays: country_holidays", "write one such as GB-ENG or US-CA"),
        (LENGTH, "length_minutes: 4", "booking > length_minutes: is too small; write 5 or more"),
        (
            LENGTH,
            "length_minutes: 601",
            "booking > length_minutes: is too large; write 600 or less",
        ),
        (LENGTH, "length_minutes: long", "booking > length_minutes: should be a whole number"),
        (LENGTH, "length: 45", "booking > length: is not a line that is used here"),
        (AGE, "minimum_age:", "facts: minimum_age: None should be text; put it in quotes"),
        (AGE, "minimum_age: 18.5", "facts: minimum_age: 18.5 should be text; put it in quotes"),
        (AGE, "minimum_age: true", "facts: minimum_age: True should be text; put it in quotes"),
        (AGE, "minimum_age: ''", "should be text; put it in quotes"),
        (AGE, "minimum-age: 18", "'minimum-age' cannot be quoted; use small letters, digits and _"),
        (AGE, "12: 18", "12 cannot be quoted"),
        (AGE, "minimum_age: 18\n  minimum_age: 19", 'found duplicate key "minimum_age"'),
        ("facts:", "facts: none\nfoo:", "facts: should be lines of `name: value`"),
        ("name: Your", "name: *Your*", "is not readable"),
        ("name: Your SMP Clinic", "\tname: x", "is not readable"),
        ("name: Your SMP Clinic", "1: x\nname: x", "1: is not a line that is used here"),
    ],
)
def test_a_wrong_line_is_named_with_its_remedy(load, line, instead, says):
    with pytest.raises(ProfileError) as caught:
        load(line, instead)
    for problem in caught.value.problems:
        assert problem.startswith("clinic.yml: ")
        assert problem.endswith(".")
        assert "\n" not in problem
    assert says in str(caught.value)


def test_all_wrong_lines_are_told_at_once(tmp_path):
    path = tmp_path / "clinic.yml"
    path.write_text("name: x\ncountry: UK\nhours: {}\nphone: 1")
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    fields = [problem.split(": ")[1] for problem in caught.value.problems]
    assert sorted(fields) == ["country", "email", "phone", "time_zone"]


@pytest.mark.parametrize(
    ("line", "instead", "name", "value"),
    [
        ("country: GB ", "country: gb-sct ", "country", "GB-SCT"),
        ("country: GB ", "country: NO ", "country", "NO"),
        ("closed_on: []", "closed_on:", "closed_on", []),
        ("closed_on: []", "closed_on: [2026-12-28]", "closed_on", [dt.date(2026, 12, 28)]),
        ("closed_on: []", 'closed_on: ["2026-12-28"]', "closed_on", [dt.date(2026, 12, 28)]),
        ("holidays: GB-ENG", "holidays:", "holidays", None),
        ("holidays: GB-ENG", "holidays: ''", "holidays", None),
        ("holidays: GB-ENG", "holidays: US-CA", "holidays", "US-CA"),
        ("holidays: GB-ENG", "holidays: IE", "holidays", "IE"),
        ("hello@clinic.example", "Hello@CLINIC.example", "email", "Hello@clinic.example"),
        (PHONE, "phone: +44 20 7946 0958", "phone", "+44 20 7946 0958"),
        ("booking:\n", "booking: {}\nfacts2:\n", None, None),
    ],
)
def test_what_may_be_written_is_read(load, line, instead, name, value):
    if name is None:
        with pytest.raises(ProfileError, match="facts2: is not a line"):
            load(line, instead)
    else:
        assert getattr(load(line, instead), name) == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "file: is missing; restore it from your backup."),
        (b"\xff\xfe", "encoding: not saved as UTF-8"),
        (b"", "should be lines of `name: value`."),
        (b"- a", "should be lines of `name: value`."),
        (b"a: &a [x]\nb: *a", "line 2 has a value that begins with *"),
        (b"x" * 2_000_000, "far too large"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, data, says):
    path = tmp_path / "clinic.yml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert says in str(caught.value)
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(ProfileError, match="cannot be opened"):
        load_profile(path)


@given(st.text())
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("clinic") / "clinic.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ProfileError):
        load_profile(path)


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ({}, "by appointment"),
        ({day: [] for day in WEEKDAYS}, "by appointment"),
        ({day: ["09:00-17:00"] for day in WEEKDAYS}, "Monday to Sunday 09:00 to 17:00"),
        ({"tuesday": ["09:00-17:00"]}, "Tuesday 09:00 to 17:00"),
        (
            {"monday": ["09:00-12:00", "13:00-17:00"], "tuesday": ["09:00-12:00", "13:00-17:00"]},
            "Monday to Tuesday 09:00 to 12:00 and 13:00 to 17:00",
        ),
        (
            {"monday": ["09:00-17:00"], "tuesday": [], "wednesday": ["09:00-17:00"]},
            "Monday 09:00 to 17:00, Wednesday 09:00 to 17:00",
        ),
        (
            {"sunday": ["10:00-12:00"], "monday": ["10:00-12:00"]},
            "Monday 10:00 to 12:00, Sunday 10:00 to 12:00",
        ),
    ],
)
def test_hours_are_told_in_one_sentence_part(hours, text):
    assert profile(hours=hours).hours_text == text


times = st.times().map(lambda time: f"{time:%H:%M}")


@given(st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(times, max_size=6, unique=True)))
def test_hours_in_order_are_always_taken(days):
    hours = {
        day: [f"{begin}-{end}" for begin, end in zip(ordered[::2], ordered[1::2], strict=False)]
        for day, times in days.items()
        if (ordered := sorted(times)) is not None
    }
    read = profile(hours=hours)
    for spans in hours.values():
        for span in spans:
            assert span.replace("-", " to ") in read.hours_text


def test_a_profile_survives_its_own_json():
    read = profile(
        closed_on=[dt.date(2026, 12, 28)], facts={"age": 18, "gap": "010"}, holidays="US-CA"
    )
    assert Profile.parse_raw(read.json()) == read
    assert read.facts == {"age": 18, "gap": "010"}


@pytest.mark.parametrize(("country", "region"), [("GB", "GB"), ("US", "US"), ("gb-sct", "GB")])
def test_the_phone_region_is_the_country(country, region):
    assert profile(country=country).phone_region == region
