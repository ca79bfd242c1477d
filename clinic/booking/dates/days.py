"""Rules for dates: written ones, weekdays, weeks, months."""

from __future__ import annotations

import datetime as dt
import re

from clinic.booking.dates.pieces import (
    DAY,
    Part,
    Piece,
    Span,
    Weekday,
    coming,
    month,
    one,
    part_of_month,
    part_of_week,
    same_day,
    upcoming,
    week,
)
from clinic.booking.dates.rules import Reference, Rules
from clinic.booking.dates.when import Days
from clinic.booking.dates.words import (
    AMOUNT,
    DATE_NUMBER,
    DAY_NUMBER,
    DAY_WORDS,
    FOLLOW,
    MONTHS,
    ORDINAL,
    ORDINALS,
    PART,
    PARTS,
    YEAR,
    amount_of,
    day_number_of,
    month_of,
    weekday_of,
)

DAY_RULES = Rules()


def span(*readings: dt.date | Days | None, today: dt.date) -> list[Piece] | None:
    """Make a Span of what is not over yet; None when nothing is left."""
    days = [one(r) if isinstance(r, dt.date) else r for r in readings if r is not None]
    left = [days_ for days_ in dict.fromkeys(days) if days_.end >= today]
    return [Span(tuple(left))] if left else None


def valid_date(year: int, number: int, day: int) -> dt.date | None:
    """Make a date; None when the calendar has none such."""
    try:
        return dt.date(year, number, day)
    except ValueError:
        return None


@DAY_RULES.add(r"(20\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?=$|[^\d])")
def _iso(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    return span(valid_date(int(found[1]), int(found[2]), int(found[3])), today=ref.today)


@DAY_RULES.add(
    r"(?!24/7)(\d{1,2})(?:/(\d{1,2})(?:/(20\d\d|\d\d))?|([-.])(\d{1,2})\4(20\d\d|\d\d))"
    r"(?! ?(?:an?|of|price|inch|hours?|days?|way|cup|mm|cm)\b)(?![\d/])"
)
def _numeric(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    a, b = int(found[1]), int(found[2] or found[5])
    year = found[3] or found[6]
    readings = []
    for day, number in ((a, b), (b, a)) if ref.day_first else ((b, a), (a, b)):
        if not 1 <= number <= 12 or not 1 <= day <= 31:
            continue
        if year:
            readings.append(valid_date(int(year) % 100 + 2000, number, day))
        else:
            readings.append(upcoming(ref.today, number, day))
    return span(*readings, today=ref.today)


def _of_month(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    number, year = month_of(found["month"]), found["year"] or found["short"]
    last = found.groupdict().get("last")

    def there(word: str) -> dt.date | None:
        if year:
            return valid_date(int(year) % 100 + 2000, number, day_number_of(word))
        return upcoming(ref.today, number, day_number_of(word))

    first = there(found["day"])
    if first is None or last is None:
        return span(first, today=ref.today)
    end = there(last)
    if found["join"] in ("or", ",") or (found["join"] == "and" and "between" not in found[0]):
        return [*(span(first, today=ref.today) or []), *(span(end, today=ref.today) or [])]
    return span(Days(min(first, end), max(first, end)) if end else first, today=ref.today)


DAY_RULES.add(
    rf"(?:between )?(?:the )?(?P<day>{DATE_NUMBER})"
    rf"(?:\s*(?P<join>to|-|–|till|until|and|or|,)\s*(?:the )?(?P<last>{DATE_NUMBER}))?"
    rf"(?: of|,)?[\s-]?(?P<month>{MONTHS})\b\.?(?! i\b){YEAR}"
)(_of_month)
DAY_RULES.add(
    rf"(?P<month>{MONTHS})\.?,? (?:the )?(?P<day>{DATE_NUMBER})(?![:\d]|\s?(?:am|pm)\b)"
    rf"(?:\s*(?P<join>to|-|–|or|and)\s*(?:the )?(?P<last>{DATE_NUMBER})(?![:\d]|\s?(?:am|pm)\b))?"
    rf"(?!\s+(?:sessions?|times?|years?|weeks?|days?|months?|hours?)\b){YEAR}"
)(_of_month)


@DAY_RULES.add(
    rf"(?:(?:the )?(first|second|third|fourth|last|1st|2nd|3rd|4th) ({DAY_WORDS}|week)"
    rf" (?:in|of)(?: the)?) (?:({MONTHS})|(next|this)? ?month)"
)
def _nth_weekday(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    if found[3]:
        ahead = (month_of(found[3]) - ref.today.month) % 12
    else:
        ahead = 1 if found[4] == "next" else 0
    whole = month(ref.today.year, ref.today.month + ahead)
    nth = None if found[1] == "last" else day_number_of(found[1])
    if found[2] == "week":
        start = whole.end - 6 * DAY if nth is None else whole.first + (nth - 1) * 7 * DAY
        return span(Days(start, min(start + 6 * DAY, whole.end)), today=ref.today)
    if nth is None:
        return span(coming(whole.end - 6 * DAY, weekday_of(found[2])), today=ref.today)
    first = coming(whole.first, weekday_of(found[2]))
    return span(first + (nth - 1) * 7 * DAY, today=ref.today)


@DAY_RULES.add(
    rf"(early|mid(?:dle)?(?: of)?|late|(?:the )?(?:end|start|beginning|back end) of)[ -]"
    rf"(?:(?:(the|this|next) )?(week|month)|(?:in )?({MONTHS}))"
)
def _part_of_span(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    word = found[1].removeprefix("the ").split()[0]
    part = {"beginning": "start", "middle": "mid", "back": "end"}.get(word, word)
    if found[3] == "week":
        choices = [part_of_week(week(ref.today, ahead), part) for ahead in (0, 1)]
    else:
        away = (month_of(found[4]) - ref.today.month) % 12 if found[4] else 0
        step = 12 if found[4] else 1
        choices = [
            part_of_month(month(ref.today.year, ref.today.month + away + later), part)
            for later in (0, step)
        ]
    # "The start of the month" on the 20th is next month's.
    over = choices[0].end < ref.today
    return span(choices[found[2] == "next" or over], today=ref.today)


@DAY_RULES.add(
    # Without "in", only at the edges of a phrase: "june", "or july", never "may I".
    r"(?:(?:in|during|for|this|next|by|of|around) |(?:^|(?:or|and) )(?=\w+[ ?!.]*$)"
    r"|(?<=until )|(?<=before )|(?<=after )|(?<=from ))"
    rf"(?P<month>{MONTHS})(?: (?P<year>20\d\d))?"
    rf"(?! \d| i\b| ?{ORDINAL})"
)
def _whole_month(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    number = month_of(found["month"])
    year = int(found["year"] or ref.today.year + (number < ref.today.month))
    return span(month(year, number), today=ref.today)


@DAY_RULES.add(
    r"(?:on )?((?:christmas|xmas)(?: day| eve)?|boxing day|new year'?s eve|new year'?s day)"
)
def _feast(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    number, day = (1, 1) if "year" in found[1] else (12, 26) if "boxing" in found[1] else (12, 25)
    date = upcoming(ref.today, number, day)
    return span(date - DAY if date and "eve" in found[1] else date, today=ref.today)


@DAY_RULES.add(r"(?:in |after )?the new year")
def _new_year(_found: re.Match[str], ref: Reference) -> list[Piece] | None:
    return span(month(ref.today.year + 1, 1), today=ref.today)


@DAY_RULES.add(r"(?:the )?day after tomorrow|overmorrow|(?<=or )the (?:day after|next day)")
def _day_after(_found: re.Match[str], ref: Reference) -> list[Piece]:
    return [Span((one(ref.today + 2 * DAY),))]


@DAY_RULES.add(
    rf"(?:a |one |(?P<two>two |2 )|(?P<fortnight>a fortnight))(?:weeks?)? ?"
    rf"(?:on|from|after|this)? ?(?P<day>(?:{DAY_WORDS})|today|tomorrow)"
    rf"|(?:on )?(?P<late>(?:{DAY_WORDS})|today|tomorrow) (?:week|(?P<fort>fortnight))"
    rf"|week (?:on )?(?P<bare>(?:{DAY_WORDS})|today|tomorrow)"
)
def _week_on(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    said = found[0]
    if "week" not in said and "fortnight" not in said:
        return None
    word = found["day"] or found["late"] or found["bare"]
    weeks = 2 if found["two"] or found["fortnight"] or found["fort"] else 1
    if word in ("today", "tomorrow"):
        start = ref.today + (word == "tomorrow") * DAY
    else:
        start = coming(ref.today, weekday_of(word), least=1)
    return span(start + weeks * 7 * DAY, today=ref.today)


@DAY_RULES.add(
    rf"in (?P<few>a few|a couple(?: of)?) days?(?:'? time)?"
    rf"|in (?P<amount0>{AMOUNT}) (?P<unit0>week|fortnight)s?'?s?(?: time)?,? (?:on )?(?:an? )?"
    rf"(?P<weekday>{DAY_WORDS})"
    rf"|in (?P<amount>{AMOUNT}) (?P<unit>day|week|fortnight|month)s?'?s?(?: time)?"
    rf"|(?P<amount2>{AMOUNT}) (?P<unit2>day|week|fortnight|month)s? (?:from (?:now|today)|hence)"
    rf"|(?P<amount3>{AMOUNT}) (?P<unit3>day|week|fortnight|month)s?'? time"
)
def _in_amount(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    if found["few"]:
        return span(Days(ref.today + 2 * DAY, ref.today + 4 * DAY), today=ref.today)
    number = amount_of(found["amount0"] or found["amount"] or found["amount2"] or found["amount3"])
    unit = found["unit0"] or found["unit"] or found["unit2"] or found["unit3"]
    if weekday := found["weekday"]:
        there = week(ref.today, number * (2 if unit == "fortnight" else 1))
        return span(coming(there.first, weekday_of(weekday)), today=ref.today)
    if unit == "month":
        return span(same_day(ref.today, number), today=ref.today)
    days = {"day": 1, "week": 7, "fortnight": 14}[unit]
    return span(ref.today + number * days * DAY, today=ref.today)


@DAY_RULES.add(rf"(two|three|four|[2-9]) ({DAY_WORDS}) from now")
def _weekdays_from_now(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    first = coming(ref.today, weekday_of(found[2]), least=1)
    return span(first + (amount_of(found[1]) - 1) * 7 * DAY, today=ref.today)


@DAY_RULES.add(
    r"(?:(?:within|in|over) )?(?:the )?next (\d{1,2}|few|couple of|two|three) (day|week|month)s"
)
def _within(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    number = {"few": 3, "couple of": 2}.get(found[1]) or amount_of(found[1])
    length = {"day": 1, "week": 7, "month": 30}[found[2]]
    return span(Days(ref.today, ref.today + number * length * DAY), today=ref.today)


@DAY_RULES.add(
    r"(?:the )?week (?:after next|after that|after)|(?:the )?following week|(next|this) week"
    r"(?:'?s)?|(?:the )?(?:rest of|later)(?: this| the)? week"
)
def _week(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    if found[1] == "next":
        return span(week(ref.today, 1), today=ref.today)
    if found[0].startswith(("week after", "the week after", "following", "the following")):
        return span(week(ref.today, 2), today=ref.today)
    return span(Days(ref.today, week(ref.today, 0).last), today=ref.today)


@DAY_RULES.add(
    rf"(?:the )?week (?:commencing|beginning|starting|of)(?: the)? (?P<day>{DATE_NUMBER})"
    rf"(?: (?:of )?(?P<month>{MONTHS}))?"
)
def _week_of(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    if found["month"]:
        start = upcoming(ref.today, month_of(found["month"]), day_number_of(found["day"]))
    else:
        start = nth_of_month(ref.today, day_number_of(found["day"]))
    return span(Days(start, start + 6 * DAY) if start else None, today=ref.today)


@DAY_RULES.add(r"(next|this|later this|rest of the|rest of this) month")
def _this_month(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    if found[1] == "next":
        return span(month(ref.today.year, ref.today.month + 1), today=ref.today)
    return span(Days(ref.today, month(ref.today.year, ref.today.month).last), today=ref.today)


@DAY_RULES.add(
    r"weekends|(?:on )?an?y? weekend|(?:the )?weekend after next"
    r"|(next|this|the|at the|over the|coming)? ?weekend"
)
def _weekend(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    if found[0] == "weekends" or re.search(r"\bany? ", found[0]):
        return [Weekday(frozenset({5, 6}), recurring=True)]
    sunday = coming(ref.today, 6)
    if found[0].endswith("after next"):
        return span(Days(sunday + 13 * DAY, sunday + 14 * DAY), today=ref.today)
    here, later = (Days(sunday - DAY, sunday), Days(sunday + 6 * DAY, sunday + 7 * DAY))
    if found[1] == "next":
        # On Saturday and Sunday "next weekend" cannot be this one.
        return span(later, here if ref.today.weekday() < 5 else None, today=ref.today)
    return span(here, today=ref.today)


@DAY_RULES.add(r"(?:(?:on )?an?y? )?week ?days?|during the week|midweek|mid-week")
def _workdays(found: re.Match[str], _ref: Reference) -> list[Piece]:
    numbers = {1, 2, 3} if found[0].startswith("mid") else set(range(5))
    return [Weekday(frozenset(numbers), recurring=True)]


@DAY_RULES.add(
    rf"(?P<how>next|this|this coming|the coming|coming|on an?|any|every|an?) "
    rf"(?P<day>{DAY_WORDS})\b\.?"
)
def _said_weekday(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    number = weekday_of(found["day"])
    if found["how"] in ("an", "a", "any", "every", "on a", "on an"):
        return [Weekday(frozenset({number}), recurring=True)]
    soon = coming(ref.today, number)
    if found["how"] != "next":
        return span(soon, today=ref.today)
    soon = coming(ref.today, number, least=1)
    # While this week's is still ahead, some say "next" and mean it; most mean the week after.
    later = week(ref.today, 1).first + number * DAY
    return span(later, soon, today=ref.today)


_SURE_DAY = "|".join(word for word in DAY_WORDS.split("|") if word not in ("sat", "sun"))
# Company that makes "sat" and "sun" days: "can you do sat", "sun at 3", not "I sat in the sun".
_DAY_BEFORE = (
    r"(?<!\S)(?:(?<=^)|(?<=on )|(?<=in )|(?<=do )|(?<=or )|(?<=and )|(?<=not )|(?<=for )|(?<=is )"
    r"|(?<=come )|(?<=but )|(?<=to )|(?<=by )|(?<=after )|(?<=before )|(?<=from )|(?<=until )"
    r"|(?<=except )|(?<=[,/(-] )|(?<=maybe )|(?<=about )|(?<=pm )|(?<=am )|(?<=available )"
    r"|(?<=free )|(?<=no )|(?<=between )|(?<=\d ))"
)
_DAY_AFTER = (
    r"\b\.?(?=\s*(?:$|[,;!?)/&-]|\.(?:\s|$)|(?:or|and|at|around|about|after|before|between|from"
    r"|to|till|until|if|in the|works?|free|available|please|pls|first|\d\w*|the \d\w*|next week"
    rf"|this week|but|{PART}|{MONTHS})\b))"
    rf"(?!\s+(?:after|before) (?:\d+|{AMOUNT}) \w*(?:days?|weeks?|months?|sessions?))"
)


@DAY_RULES.add(rf"(?:(?P<sure>{_SURE_DAY})\b\.?|{_DAY_BEFORE}(?P<risky>sat|sun){_DAY_AFTER})")
def _bare_weekday(found: re.Match[str], _ref: Reference) -> list[Piece]:
    word = found["sure"] or found["risky"]
    return [Weekday(frozenset({weekday_of(word)}), recurring=word.endswith("days"))]


@DAY_RULES.add(r"today|(tonight|this evening)|this (morning|afternoon|arvo)|(tomorrow)(?:'?s)?")
def _today(found: re.Match[str], ref: Reference) -> list[Piece]:
    day = Span((one(ref.today + (1 if found[3] else 0) * DAY),))
    part = "evening" if found[1] else found[2]
    return [day, Part(PARTS[part])] if part else [day]


def nth_of_month(today: dt.date, day: int) -> dt.date | None:
    """Find the next date with this day of the month, today included."""
    for ahead in range(4):
        whole = month(today.year, today.month + ahead)
        date = valid_date(whole.first.year, whole.first.month, day)
        if date and date >= today:
            return date
    return None


@DAY_RULES.add(
    rf"(?:on |for )?(?:the (?P<day>{DATE_NUMBER})|(?P<bare>{DAY_NUMBER}(?:st|nd|rd|th))"
    rf"|(?<=on )(?P<word>{ORDINAL})){FOLLOW}(?! of (?!{MONTHS}|the month|next|this))"
)
def _day_of_month(found: re.Match[str], ref: Reference) -> list[Piece] | None:
    word = found["day"] or found["bare"] or found["word"]
    # "The first" and "the second" alone are mostly not dates; "on the first" is.
    if word in ORDINALS and not found[0].startswith(("on", "for")) and not found["word"]:
        return None
    return span(nth_of_month(ref.today, day_number_of(word)), today=ref.today)
