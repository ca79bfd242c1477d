"""Each house rule is tripped by one text and left alone by a near one."""

import dataclasses
import datetime as dt

import pytest
from small_clinic import SHIPPED, TODAY, article

from clinic.knowledge.article import TOPICS, parse_article
from clinic.knowledge.content import read_content
from clinic.knowledge.lint import RISK_TOPICS, lint, wording_problems

HELP = "Contact {{ country.urgent_advice }} if it gets worse."


@pytest.fixture(scope="module")
def shipped():
    return read_content(SHIPPED)


@pytest.fixture
def check(shipped):
    """Lint one answer beside three that are in order; return what blocks and what is advice."""

    def check(replies=None, profile=None, others=(), **fields):
        texts = {f"other-{n}": article(phrasings=[f"other {n}"]) for n in range(3)}
        texts |= {"pain": article(**fields)} | dict(others)
        content = dataclasses.replace(
            shipped,
            articles={name: parse_article(name, text) for name, text in texts.items()},
            replies=shipped.replies | (replies or {}),
            profile=shipped.profile.copy(update=profile or {}),
        )
        report = lint(content, TODAY)
        for finding in (*report.blocking, *report.advice):
            assert finding.remedy.endswith((".", "…"))
            assert "\n" not in str(finding)
        return report

    return check


def blocking(report):
    return [(f.file, f.field, f.remedy) for f in report.blocking]


def test_all_that_ships_is_in_order(shipped):
    assert lint(shipped, TODAY).blocking == ()


def test_an_answer_in_order_blocks_nothing(check):
    assert blocking(check()) == []


TRIPS = [
    # Typed facts.
    ("It costs £300.", "typed price"),
    ("About 250 GBP a session.", "typed price"),
    ("Bring $40.", "typed price"),
    ("USD 400 a session.", "typed price"),
    ("It is 300 quid.", "typed price"),
    ("Ring 020 7946 0958.", "typed phone number"),
    ("Ring (212) 555-0100 now.", "typed phone number"),
    ("Ring +44 20 7946 0958.", "typed phone number"),
    ("Call 999 at once.", "typed phone number"),
    ("Ring NHS 111 for advice.", "typed phone number"),
    ("Write to hello@clinic.com.", "typed e-mail address"),
    ("It is <b>bold</b>.", "contains HTML"),
    ("See <https://clinic.com>.", "contains HTML"),
    # Claims.
    ("It is painless.", "claims 'painless'"),
    ("Results are guaranteed.", "claims 'guaranteed'"),
    ("We guarantee it.", "claims 'guarantee'"),
    ("Our ink is safe.", "claims 'safe'"),
    ("You can safely swim.", "claims 'safely'"),
    ("It is permanent.", "claims 'permanent'"),
    ("An FDA-approved pigment.", "claims 'FDA-approved'"),
    ("The pigment is approved by the FDA.", "claims 'approved by the FDA'"),
    ("A medical-grade pigment.", "claims 'medical-grade'"),
    ("A hypoallergenic ink.", "claims 'hypoallergenic'"),
    ("It is 100 % natural.", "claims '100 %'"),
    ("It cures baldness.", "claims 'cures'"),
    ("It regrows hair.", "claims 'regrows hair'"),
    ("There is no downtime.", "claims 'no downtime'"),
    ("It has no side effects.", "claims 'no side effects'"),
    ("Zero risk.", "claims 'Zero risk'"),
    # A negation elsewhere takes nothing back.
    ("Do not worry, it is painless.", "claims 'painless'"),
    ("There are no needles and it is painless.", "claims 'painless'"),
    ("It is painless, is it not.", "claims 'painless'"),
    ("We promise a painless visit.", "claims 'painless'"),
    ("When you want permanent results, come to us.", "claims 'permanent'"),
    ("It is not only safe.", "claims 'safe'"),
    ("Does it hurt? It is painless.", "claims 'painless'"),
    ("It is not cheap but permanent.", "claims 'permanent'"),
    ("It is never permanent. It is safe.", "claims 'safe'"),
    # Medicines.
    ("Stop your blood thinners first.", "change a medicine ('Stop your blood thinners')"),
    ("Skip the aspirin for two days.", "change a medicine"),
    ("Come off your finasteride.", "change a medicine"),
    ("Stop taking your tablets a day before.", "change a medicine"),
    ("If you take warfarin, pause your tablets.", "change a medicine"),
    ("Before you come, stop your tablets.", "change a medicine"),
    ("Avoid aspirin for a week.", "change a medicine"),
    ("Your warfarin should be stopped.", "change a medicine"),
    # Length.
    (
        "It " + "really " * 31 + "hurts.",
        "a sentence of 33 words ('It really really really really' …",
    ),
]
NEAR = [
    "It takes 10 days, 2 to 4 sessions and 300 dots.",
    "Surveys of 1997-2022 and of 2023-11-05 agree.",
    "Wait 24 hours, then ring us. Call 2 days before.",
    "About 1 in 10 people, or 10 000 000 in all.",
    "A hair is 0.08 mm wide < a dot.",
    "Follow us @clinic.",
    "It is not painless.",
    "It isn't permanent.",
    "No treatment is safe.",
    "Nobody can guarantee it.",
    "It is not painless, safe or permanent.",
    "Beware of clinics that call it painless.",
    "Be wary of claims of no risk.",
    "Ask whether it is safe.",
    "Is it painless? That varies.",
    "Permanent make-up is a cousin of it. Permanent hair loss is another matter.",
    "It is semi-permanent.",
    "Not surgery does not mean no risk.",
    '"It cures baldness." It does not.',
    "Safety comes first, and unsafe work is refused.",
    "Do not stop your blood thinners.",
    "Never skip a dose.",
    "Do not start, stop or change a medicine.",
    "Some websites tell people to stop aspirin.",
    "Ask your prescriber before stopping a medicine.",
    "Ask your doctor whether to stop your tablets.",
    "Change your pillowcase. Stop when it hurts.",
    "Tell us about the medicines you take.",
    "It " + "really " * 29 + "hurts. It " + "really " * 29 + "heals.",
    "- one\n" * 40,
    "| a | b |\n|---|---|\n" + "| some words in a row | and some more |\n" * 9,
]


@pytest.mark.parametrize(("text", "remedy"), TRIPS)
@pytest.mark.parametrize("field", ["short", "get_help", "details", "reply"])
def test_a_rule_is_tripped(check, text, remedy, field):
    report = check(replies={"thanks": text}) if field == "reply" else check(**{field: text})
    file = ("replies.yml", "thanks") if field == "reply" else ("pain.md", field)
    (found,) = blocking(report)
    assert found[:2] == file
    assert remedy in found[2]


@pytest.mark.parametrize("text", NEAR)
def test_a_near_text_is_left_alone(check, text):
    assert blocking(check(details=text)) == []


def test_a_title_is_held_to_the_same_rules(check):
    assert blocking(check(title="Is it painless?")) == []
    price, claim = blocking(check(title="Painless, for £300"))
    assert price == ("pain.md", "title", "'£3' looks like a typed price; move it to clinic.yml.")
    assert claim[1:] == ("title", "claims 'Painless', which nobody can promise; say what is known "
                         "and varies.")  # fmt: skip


def test_every_claim_of_a_sentence_is_named(check):
    remedies = [remedy for _, _, remedy in blocking(check(short="It is painless and safe."))]
    assert ["'painless'" in remedies[0], "'safe'" in remedies[1]] == [True, True]


def test_a_sentence_may_run_over_lines():
    assert list(wording_problems("This is not\nin any way\npainless.")) == []
    long = "\n".join(["word word word word"] * 9)
    assert ["36 words" in problem for problem in wording_problems(long)] == [True]


def test_a_claim_in_a_fact_is_found_where_it_is_quoted(check):
    report = check(
        profile={"facts": {"touch_ups": "They are guaranteed."}},
        short="Yes. {{ clinic.facts.touch_ups }}",
        replies=dict.fromkeys(["greeting"], "Hello."),
    )
    assert ("pain.md", "short", "claims 'guaranteed', which nobody can promise; say what is known "
            "and varies.") in blocking(report)  # fmt: skip


def test_a_price_from_clinic_yml_is_no_typed_price(check):
    assert (
        blocking(check(profile={"facts": {"price": "£300"}}, short="{{ clinic.facts.price }}"))
        == []
    )


def test_an_unknown_fact_is_named(check):
    ((_, field, remedy),) = blocking(check(details="Wait {{ clinic.facts.wait }}."))
    assert field == "details"
    assert "clinic.facts.wait, which does not exist" in remedy


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"sources": ["P1", "Q9"]}, "sources", "'Q9' is not in sources.yml"),
        ({"related": ["other-1", "gone"]}, "related", "'gone' is not another answer"),
        ({"related": ["pain"]}, "related", "'pain' is not another answer"),
        ({"reviewed_by": "Sam"}, "reviewed_on", "give the day"),
        ({"reviewed_on": TODAY}, "reviewed_by", "say who"),
        ({"reviewed_by": "Sam", "reviewed_on": TODAY + dt.timedelta(1)}, "reviewed_on", "to come"),
        ({"short": "Short words. " * 56}, "short", "has 112 words; keep it to 110"),
        ({"topics": ["smp_vs_other", "pain_and_numbing"]}, "get_help", "country.urgent_advice"),
        ({"topics": ["allergy_test"], "get_help": "Ask us."}, "get_help", "and where"),
    ],
)
def test_a_field_out_of_order_blocks(check, fields, field, says):
    ((file, found, remedy),) = blocking(check(**fields))
    assert (file, found) == ("pain.md", field)
    assert says in remedy


@pytest.mark.parametrize(
    "fields",
    [
        {"related": ["other-1", "other-2"]},
        {"reviewed_by": "Sam", "reviewed_on": TODAY},
        {"short": "Short words. " * 55},
        *({"topics": [topic], "get_help": HELP} for topic in sorted(RISK_TOPICS)),
    ],
)
def test_a_field_in_order_passes(check, fields):
    assert blocking(check(**fields)) == []


def test_a_phrasing_belongs_to_one_answer(check):
    other = {"cost": article(phrasings=["price", "Does it — HURT?"])}
    ((file, field, remedy),) = blocking(check(phrasings=["does it hurt"], others=other))
    assert (file, field) == ("pain.md", "phrasings")
    assert remedy == "'does it hurt' stands also in cost.md; keep it in one place."
    ((_, _, remedy),) = blocking(check(phrasings=["is it sore", "Is it sore?"]))
    assert "stands twice here" in remedy
    ((_, _, remedy),) = blocking(check(phrasings=["sore", "?!"]))
    assert "has no words" in remedy
    assert blocking(check(others={"cost": article(phrasings=["does it really hurt"])})) == []


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_published_advises_and_never_blocks(check, status):
    report = check(status=status, short="It is painless.", phrasings=["other 1"], sources=["Q9"])
    assert blocking(report) == []
    said = {f.field for f in report.advice if f.file == "pain.md"}
    assert said == {"short", "sources"}


def test_too_few_published_answers_block(check):
    drafts = {f"other-{n}": article(phrasings=[f"other {n}"], status="draft") for n in (1, 2)}
    ((file, _, remedy),) = blocking(check(others=drafts))
    assert file == "articles"
    assert "publish 3 answers or more" in remedy


def test_upkeep_is_advice(check):
    report = check(review_by=TODAY - dt.timedelta(1), phrasings=["one", "two"])
    said = {f.field: f.remedy for f in report.advice if f.file == "pain.md"}
    assert said["review_by"].startswith("is past")
    assert said["phrasings"].startswith("has 2; 40 or more")
    report = check(review_by=TODAY, phrasings=[f"way {n}" for n in range(40)])
    assert [f for f in report.advice if f.file == "pain.md"] == []


def test_a_topic_without_an_answer_is_advice(check):
    report = check(topics=["age"], others={"women": article(
        phrasings=["w"], topics=["women"], status="draft")})  # fmt: skip
    missing = {f.remedy.split()[4] for f in report.advice if f.field == "topics"}
    assert missing == {f"{topic};" for topic in TOPICS - {"age", "smp_vs_other"}}
