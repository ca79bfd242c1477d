"""From words to answers, over all the knowledge that ships and with the real encoder.

What is asked here is not taken from the evaluation set; that is measured elsewhere.
"""

import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clinic.encoder import Encoder
from clinic.knowledge.search import IN_SCOPE, OPTIONS, Context, Outcome, questions
from clinic.settings import Settings


def offered(result):
    return {*result.articles, *result.options}


def test_every_phrasing_finds_its_own_article(searcher):
    artifact = searcher.artifact
    wrong = {
        text: (result.outcome.value, result.articles)
        for text, owner in zip(artifact.phrasings.texts, artifact.phrasings.owners, strict=True)
        if (result := searcher.search(text)).articles != (artifact.ids[owner],)
    }
    assert wrong == {}


def test_letters_and_marks_of_a_phrasing_do_not_matter(searcher):
    artifact = searcher.artifact
    for index in range(0, len(artifact.phrasings.texts), 400):
        text = artifact.phrasings.texts[index].rstrip(".?! ")
        own = (artifact.ids[artifact.phrasings.owners[index]],)
        for variant in (text.upper(), f"  {text}!! ", text.replace("'", "’")):
            result = searcher.search(variant)
            assert (result.outcome, result.articles) == (Outcome.ANSWERED, own)
            assert result.confidence == 1


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("is the needle going to be agony on my head", "pain-numbing"),
        ("roughly how much money should I set aside", "cost"),
        ("my mate says I need a patch test first, is he right", "allergy-test"),
        ("can I go in the swimming pool the week after", "aftercare-swimming"),
        ("will my dots turn blue after some years", "fading-colour-change"),
        ("does this work on very dark black skin", "dark-skin"),
        ("I am expecting a baby, may I come", "pregnancy-breastfeeding"),
        ("where are you and when do you open", "location-hours"),
    ],
)
def test_a_question_in_new_words_finds_its_article(searcher, text, article):
    assert article in offered(searcher.search(text))


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("does it hrut alot", "pain-numbing"),
        ("hwo mcuh dose it csot", "cost"),
        ("pacth tset before tretment", "allergy-test"),
        ("can i go swiming in teh sea aftre", "aftercare-swimming"),
        ("is it ok for diabetcis", "diabetes"),
        ("can wommen have it doen", "women"),
        ("laser remvoal of teh pigmnet", "removal-correction"),
        ("chemotherpy and smp", "immune-cancer"),
    ],
)
def test_a_question_with_slips_finds_its_article(searcher, text, article):
    assert article in offered(searcher.search(text))


DRUGS = "isotretinoin finasteride minoxidil warfarin metformin prednisolone clopidogrel apixaban"


@pytest.mark.parametrize("text", [*DRUGS.split(), "keloid alopecia vitiligo psoriasis hepatitis"])
def test_drug_names_and_known_words_are_never_respelt(searcher, text):
    corrected = searcher._speller.corrected(text)
    assert corrected is None


def test_general_english_is_never_respelt(searcher):
    known = sorted(Encoder(Settings.from_environment().encoder).words())[::50]
    changed = [word for word in known if searcher._speller.corrected(word)]
    assert changed == []


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("Does it hurt and how much does it cost?", {"pain-numbing", "cost"}),
        (
            "How many sessions will I need? Can I swim afterwards?",
            {"sessions", "aftercare-swimming"},
        ),
        ("do you do women, and how long does it last", {"women", "longevity"}),
        ("is a patch test needed; what does it cost", {"allergy-test", "cost"}),
    ],
)
def test_two_questions_get_both_answers(searcher, text, articles):
    result = searcher.search(text)
    assert (result.outcome, set(result.articles)) == (Outcome.BOTH, articles)
    assert 0 < result.confidence <= 1


@pytest.mark.parametrize(
    "text",
    ["how much does it cost?", "I am bald and I am shy. does it hurt?", "does it hurt or sting?"],
)
def test_one_question_gets_one_answer(searcher, text):
    assert searcher.search(text).outcome is not Outcome.BOTH


@pytest.mark.parametrize(
    ("before", "text", "article"),
    [
        ("when can I go swimming afterwards", "and the gym?", "aftercare-exercise"),
        ("is it ok with diabetes", "and epilepsy?", "heart-epilepsy"),
        ("do I need a patch test", "how long before?", "allergy-test"),
        ("will it look natural", "even up close?", "looks-natural"),
        ("how long does it last", "and then what?", "longevity"),
    ],
)
def test_a_short_follow_up_leans_on_the_question_before(searcher, before, text, article):
    alone, together = searcher.search(text), searcher.search(text, Context(before))
    assert article in offered(together)
    assert not alone.leaned


def test_a_follow_up_that_says_nothing_by_itself_is_read_together(searcher):
    together = searcher.search("how long after that?", Context("when can I wash my hair after"))
    assert together.leaned
    assert "aftercare-washing" in offered(together)


def test_a_full_question_needs_no_context(searcher):
    text = "what should I do about parking when I visit the clinic on a weekday morning"
    assert not searcher.search(text, Context("does it hurt")).leaned


@pytest.mark.parametrize(
    "text",
    [
        "what is the capital of mongolia",
        "write me a python script that sorts a list",
        "who won the football last night",
        "asdkjh qwlekj zxmcn",
        "colourless green ideas sleep furiously",
        "recommend a good pizza place",
        "1234567890",
    ],
)
def test_what_is_no_question_for_a_clinic_is_out_of_scope(searcher, text):
    assert searcher.rank(text).scope < IN_SCOPE
    assert searcher.search(text).outcome is not Outcome.ANSWERED


hostile = pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        '"',
        "'",
        '""""',
        "*",
        "does * hurt",
        "AND",
        "OR NOT",
        "pain AND OR cost",
        "NEAR(pain cost, 5)",
        "pain NEAR cost",
        "terms : pain",
        "terms:pain",
        "{terms} : pain",
        "^pain",
        "pain + cost",
        "-pain",
        "(((",
        "pain) OR (cost",
        "'; drop table entry; --",
        "\x00",
        "pain\x00cost",
        "😀😀😀",
        "👩‍🦲?",
        "\ud83d",
        "pain \udc00 cost",
        "\ufeffpain",
        "\u202epain",
        "ｐａｉｎ",
        "болит ли это",
        "疼吗",
        "هل يؤلم",
        "a\u0301" * 300,
        "x" * 1_000,
        "pain " * 200,
        " " * 1_000,
        "?" * 1_000,
        "and " * 250,
        "is it " * 160,
        "w/o " * 250,
        "\n".join("does it hurt?" for _ in range(70)),
        "".join(map(chr, range(32, 1_032))),
    ],
)


@hostile
def test_hostile_words_get_an_ordinary_result(searcher, text):
    for result in (
        searcher.search(text),
        searcher.search(text, Context("does it hurt")),
        searcher.search("and that?", Context(text)),
    ):
        assert 0 <= result.confidence <= 1
        assert len(result.options) in (0, OPTIONS)
        assert offered(result) <= set(searcher.artifact.ids)
        assert result.sha == searcher.artifact.sha


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=200))
@example('" OR "')
def test_any_words_get_a_result(searcher, text):
    result = searcher.search(text)
    assert (result.outcome is Outcome.AMBIGUOUS) == bool(result.options)
    assert len(result.articles) == {Outcome.ANSWERED: 1, Outcome.BOTH: 2}.get(result.outcome, 0)


@given(st.text(st.sampled_from(list("does it hurt? and, how;\n.what ")), max_size=300))
def test_questions_are_parts_of_the_message(text):
    for part in questions(text):
        assert part.strip() == part
        assert part in text


def test_shares_are_shares(searcher):
    ranking = searcher.rank("how long before I can wear a motorcycle helmet")
    assert ranking.shares.shape == (len(searcher.artifact.ids),)
    assert np.isclose(ranking.shares.sum(), 1)
    assert ranking.best == ranking.shares[ranking.order[0]]
    assert searcher.artifact.ids[ranking.order[0]] == "hats-helmets"


def test_threads_share_a_searcher(searcher):
    texts = [f"does it hurt on day {day} after a session" for day in range(40)]
    alone = [searcher.search(text) for text in texts]
    results, errors = {}, []

    def run(offset):
        try:
            for index in range(len(texts)):
                place = (index + offset) % len(texts)
                results[place, offset] = searcher.search(texts[place])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(offset,)) for offset in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert all(result == alone[place] for (place, _), result in results.items())
    assert len(results) == 4 * len(texts)
