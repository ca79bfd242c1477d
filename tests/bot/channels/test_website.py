"""The routes and their guards, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import time

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from site_server import APOLOGY, SECRET, Open, Site

from bot.channels.intake import MAX_BODY
from bot.channels.session import DAY, Sessions
from bot.channels.website import Limits


async def test_health(site: Site) -> None:
    answer = await site.request("GET", "/")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


async def test_session_is_new_each_time_and_lasts_a_day(site: Site) -> None:
    first, second = await site.post("/session", {}), await site.post("/session", {})
    assert first.json["session"] != second.json["session"]
    left = dt.datetime.fromisoformat(first.json["expires_at"]) - dt.datetime.now(dt.timezone.utc)
    assert dt.timedelta(hours=23) < left <= dt.timedelta(hours=24)


async def test_message_comes_back_whole(open_site: Open) -> None:
    async def behave(message):
        await message.output_channel.send_response(
            message.sender_id,
            {
                "text": "It heals in days.\n\nSource: a leaflet.",
                "buttons": [{"title": "Yes", "payload": "/affirm", "type": "postback"}],
                "custom": {"kind": "answer", "article": "healing"},
                "template": "utter_x",
                "quick_replies": [],
                "attachment": None,
            },
        )
        await message.output_channel.send_text_message(message.sender_id, "And\n\nmore.")

    site = await open_site(behave)
    answer = await site.say(await site.session(), "how long?", "an-id-of-mine")
    assert answer.status == 200
    assert answer.json == {
        "id": "an-id-of-mine",
        "messages": [
            {
                "text": "It heals in days.\n\nSource: a leaflet.",
                "buttons": [{"title": "Yes", "payload": "/affirm"}],
                "custom": {"kind": "answer", "article": "healing"},
            },
            {"text": "And\n\nmore."},
        ],
    }


# ---- guards ----


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "malformed"),
        (b"\xff\xfe\x00", 400, "malformed"),
        (b'"text"', 400, "malformed"),
        (b"[" * 9_000, 400, "malformed"),
        (b'{"session": "x", "id": "12345678", "text": 5}', 400, "malformed"),
        (b'{"session": "x", "id": "12345678"}', 400, "malformed"),
        (
            b'{"session": "x", "id": "12345678", "text": "a", "payload": "/affirm"}',
            400,
            "malformed",
        ),
        (b'{"session": "x", "id": "short", "text": "a"}', 400, "malformed"),
        (b'{"session": ["x"], "id": "12345678", "text": "a"}', 400, "malformed"),
        (b'{"session": "x", "id": "12345678", "text": "\\ud800"}', 400, "malformed"),
        (b'{"session": "x", "id": "12345678", "text": " \\u0000\\u200b\\n"}', 422, "empty"),
        (b'{"session": "x", "id": "12345678", "text": "///"}', 422, "empty"),
        (b'{"session": "x", "id": "12345678", "payload": "/restart"}', 422, "unknown_payload"),
        (b'{"session": "x", "id": "12345678", "text": "a"}', 401, "unknown_session"),
        (b'{"session": "\\ud800", "id": "12345678", "text": "a"}', 401, "unknown_session"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_refused_bodies(site: Site, body: bytes, status: int, error: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await site.request("POST", "/messages", data=body, headers=headers)
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.json["message"]
    assert site.bot.heard == []


async def test_body_must_be_declared_json(site: Site) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await site.request(
            "POST", "/messages", data=b"{}", headers={"Content-Type": content_type}
        )
        assert (answer.status, answer.json["error"]) == (415, "content_type")


async def test_body_is_capped_with_and_without_a_declared_length(site: Site) -> None:
    headers = {"Content-Type": "application/json"}

    async def chunks():
        for _ in range(20):
            yield b" " * 1024

    for path in ("/messages", "/history", "/session"):
        for data in (b" " * (MAX_BODY + 1), chunks()):
            answer = await site.request("POST", path, data=data, headers=headers)
            assert (answer.status, answer.json["error"]) == (413, "too_large")


async def test_text_is_capped_after_normalising(site: Site) -> None:
    session = await site.session()
    decomposed = "e\u0301" * 1_000  # 1,000 characters once composed
    assert (await site.say(session, decomposed, "message-1")).status == 200
    assert site.bot.heard == ["é" * 1_000]
    answer = await site.say(session, decomposed + "!", "message-2")
    assert (answer.status, answer.json["error"]) == (413, "too_long")


async def test_wrong_method_is_said_in_json(site: Site) -> None:
    for method, path, allowed in (
        ("GET", "/messages", "POST"),
        ("PUT", "/session", "POST"),
        ("DELETE", "/history", "POST"),
        ("OPTIONS", "/messages", "POST"),
        ("POST", "/chat", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
    ):
        answer = await site.request(method, path)
        assert (answer.status, answer.json["error"]) == (405, "method")
        assert answer.headers["Allow"] == allowed


async def test_forged_and_expired_tokens_are_refused(site: Site) -> None:
    token = await site.session()
    payload, rest = token.split(".", 1)
    other = (await site.session()).split(".", 1)[0]
    stale = Sessions(SECRET, clock=lambda: time.time() - DAY - 5).begin().token
    foreign = Sessions("another secret, just as long as ours").begin().token
    for bad in (f"{other}.{rest}", payload, token[:-1], stale, foreign, "", "x" * 9_000, "é.é.é"):
        answer = await site.say(bad, "hello")
        assert (answer.status, answer.json["error"]) == (401, "unknown_session"), bad
    assert site.bot.heard == []


async def test_token_is_renewed_once_half_used(site: Site) -> None:
    young = Sessions(SECRET, clock=lambda: time.time() - DAY / 2 + 60).begin().token
    assert "session" not in (await site.say(young, "hello")).json
    old = Sessions(SECRET, clock=lambda: time.time() - DAY / 2 - 60).begin().token
    renewed = (await site.say(old, "hello", "message-1")).json["session"]
    same = await site.say(renewed, "something else", "message-1")
    assert same.json["messages"] == [{"text": "You said hello"}]  # the conversation is the same


# ---- payloads ----


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/session_start",
        "/back",
        ' \u200b / /ask_question{"article":"x"}',
        '//book@1.0{"time":"now"}',
        "\x00/affirm",
        "\u2066/affirm",
        "\uff0frestart",
        "\ufeff/restart",
    ],
)
async def test_typed_payload_is_only_words(site: Site, text: str) -> None:
    from rasa.core.channels.channel import UserMessage
    from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
    from rasa.shared.nlu.training_data.message import Message

    answer = await site.say(await site.session(), text)
    assert answer.status == 200
    (heard,) = site.bot.heard
    understood = YAMLStoryReader.unpack_regex_message(Message({"text": UserMessage(heard).text}))
    assert understood.get("intent") is None, "Rasa took typed words for a button"


async def test_pressed_payload_reaches_rasa_as_it_should(site: Site) -> None:
    session = await site.session()
    answer = await site.press(session, '/ask_question{ "article" : "does-it-hurt" }')
    assert answer.status == 200
    assert site.bot.heard == ['/ask_question{"article":"does-it-hurt"}']


# ---- repeated ids, order, limits ----


async def test_repeated_id_is_answered_once(site: Site) -> None:
    session = await site.session()
    first = await site.say(session, "one")
    again = await site.say(session, "two")
    assert again.json == first.json
    assert site.bot.heard == ["one"]
    other = await site.say(await site.session(), "three")  # the same id in another conversation
    assert other.json["messages"] == [{"text": "You said three"}]


async def test_repeated_id_waits_for_the_first(open_site: Open) -> None:
    async def behave(message):
        await asyncio.sleep(0.3)
        await message.output_channel.send_text_message("", "slowly")

    site = await open_site(behave)
    session = await site.session()
    answers = await asyncio.gather(*(site.say(session, "hello") for _ in range(8)))
    assert {json.dumps(answer.json["messages"]) for answer in answers} == {'[{"text": "slowly"}]'}
    assert site.bot.heard == ["hello"]


async def test_turn_outlives_a_dropped_connection(open_site: Open) -> None:
    async def behave(message):
        await asyncio.sleep(0.4)
        await message.output_channel.send_text_message("", "done")

    site = await open_site(behave)
    session = await site.session()
    body = {"session": session, "id": "message-1", "text": "hello"}
    with pytest.raises(asyncio.TimeoutError):
        await site.post("/messages", body, timeout=aiohttp.ClientTimeout(total=0.1))
    assert (await site.say(session, "hello")).json["messages"] == [{"text": "done"}]
    assert site.bot.heard == ["hello"]


async def test_repeated_id_is_known_after_a_restart(open_site: Open) -> None:
    before = await open_site()
    session = await before.session()
    first = await before.say(session, "one")
    after = await open_site()
    assert (await after.say(session, "one")).json == first.json
    assert after.bot.heard == []


async def test_one_message_at_a_time_in_order_but_sessions_side_by_side(open_site: Open) -> None:
    running: dict[str, int] = {}
    together = []

    async def behave(message):
        running[message.sender_id] = running.get(message.sender_id, 0) + 1
        together.append((running[message.sender_id], sum(running.values())))
        await asyncio.sleep(0.05)
        running[message.sender_id] -= 1
        await message.output_channel.send_text_message("", message.text)

    site = await open_site(behave)
    mine, theirs = await site.session(), await site.session()
    sent = []
    for number in range(6):
        sent += [asyncio.create_task(site.say(mine, f"m{number}", f"message-{number}"))]
        sent += [asyncio.create_task(site.say(theirs, f"t{number}", f"message-{number}"))]
        await asyncio.sleep(0.01)
    await asyncio.gather(*sent)
    assert [text for text in site.bot.heard if text[0] == "m"] == [f"m{n}" for n in range(6)]
    assert max(alone for alone, _ in together) == 1
    assert max(everyone for _, everyone in together) == 2


async def test_limits_answer_429_and_say_when(open_site: Open) -> None:
    site = await open_site(limits=Limits(2, 60, 6, 60, 3, 6))
    first, _ = await site.session(), await site.session()
    refused = await site.post("/session", {})
    assert (refused.status, refused.json["error"]) == (429, "too_many")
    for number in range(3):
        assert (await site.say(first, "hello", f"message-{number}")).status == 200
    by_session = await site.say(first, "hello", "message-3")
    assert by_session.status == 429
    assert 1 <= int(by_session.headers["Retry-After"]) <= 10
    assert (await site.say(first, "hello", "message-0")).status == 200, "a repeat costs nothing"
    assert (await site.say("nonsense", "hello")).status == 401
    assert (await site.say("nonsense", "hello")).status == 429, "guessing tokens has a limit too"
    assert len(site.bot.heard) == 3


async def test_forwarded_addresses_count_only_behind_a_trusted_proxy(open_site: Open) -> None:
    tight = Limits(sessions_burst=1, sessions_per_minute=1)
    for proxies, expected in ((0, [200, 429]), (1, [200, 200])):
        site = await open_site(limits=tight, proxies=proxies)
        answers = [
            await site.post("/session", {}, headers={"X-Forwarded-For": address})
            for address in ("198.51.100.1", "198.51.100.2")
        ]
        assert [answer.status for answer in answers] == expected


# ---- never silence ----


async def never(message):
    await asyncio.sleep(60)


async def silent(message):
    pass


async def broken(message):
    raise RuntimeError("secret words of a visitor")


async def half(message):
    await message.output_channel.send_text_message("", "First part.")
    raise RuntimeError("secret words of a visitor")


@pytest.mark.parametrize(
    ("behave", "kind", "before"),
    [
        (never, "TimeoutError", []),
        (silent, "NoAnswer", []),
        (broken, "RuntimeError", []),
        (half, "RuntimeError", ["First part."]),
    ],
)
async def test_fault_is_said_in_words_and_logged_without_any(
    open_site: Open, caplog: pytest.LogCaptureFixture, behave, kind: str, before: list[str]
) -> None:
    site = await open_site(behave, patience=0.2)
    with caplog.at_level(logging.INFO):
        answer = await site.say(await site.session(), "secret words of a visitor")
    assert answer.status == 200
    *said, fault = answer.json["messages"]
    assert [message["text"] for message in said] == before
    assert fault["text"] == APOLOGY
    assert fault["custom"]["kind"] == "fault"
    assert f"chat fault {fault['custom']['id']}: {kind}" in caplog.messages
    assert "secret" not in caplog.text


async def test_messages_go_on_after_a_hung_one(open_site: Open) -> None:
    async def behave(message):
        await (never(message) if message.text == "hang" else silent(message))
        await message.output_channel.send_text_message("", "fine")

    site = await open_site(behave, patience=0.2)
    session = await site.session()
    await site.say(session, "hang", "message-1")
    assert (await site.say(session, "hello", "message-2")).json["messages"] == [{"text": "fine"}]


async def test_receipts_that_cannot_be_kept_do_not_stop_the_chat(
    open_site: Open, tmp_path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "channel.db").write_text("not a database, " * 100)
    site = await open_site()
    answer = await site.say(await site.session(), "hello")
    assert answer.json["messages"] == [{"text": "You said hello"}]
    assert "receipts cannot be written: DatabaseError" in caplog.messages


# ---- history ----


async def test_history_repeats_the_conversation(open_site: Open) -> None:
    async def behave(message):
        button = {"title": "Does it hurt?", "payload": '/ask_question{"article":"pain"}'}
        await message.output_channel.send_response(
            "", {"text": "One.\n\nTwo.", "buttons": [button], "custom": {"kind": "answer"}}
        )

    site = await open_site(behave)
    session = await site.session()
    assert (await site.post("/history", {"session": session})).json == {"messages": []}
    await site.say(session, "hello", "message-1")
    await site.press(session, '/ask_question{"article":"pain"}', "message-2")
    await site.press(session, "/affirm", "message-3")
    messages = (await site.post("/history", {"session": session})).json["messages"]
    assert [(m["from"], m["text"]) for m in messages] == [
        ("visitor", "hello"),
        ("assistant", "One.\n\nTwo."),
        ("visitor", "Does it hurt?"),
        ("assistant", "One.\n\nTwo."),
        ("assistant", "One.\n\nTwo."),
    ]
    assert messages[1]["custom"] == {"kind": "answer"}
    other = await site.post("/history", {"session": await site.session()})
    assert other.json == {"messages": []}
    assert (await site.post("/history", {"session": "x"})).status == 401


# ---- the page ----


async def test_page_and_its_files(site: Site) -> None:
    for path, content_type in (
        ("/chat", "text/html"),
        ("/chat/chat.css", "text/css"),
        ("/chat/chat.js", "text/javascript"),
    ):
        answer = await site.request("GET", path)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == f"{content_type}; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "Access-Control-Allow-Origin" not in answer.headers
        known = {"If-None-Match": answer.headers["ETag"]}
        assert (await site.request("GET", path, headers=known)).status == 304
    for path in ("/chat/", "/chat/index.html", "/chat/secret", "/chat/..%2f..%2fpayloads.py"):
        assert (await site.request("GET", path)).status == 404


async def test_other_origins_are_not_let_in(site: Site) -> None:
    for method in ("OPTIONS", "POST"):
        answer = await site.request(method, "/session", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers


# ---- hostile bodies ----

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters())
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
bodies = st.binary(max_size=400) | st.fixed_dictionaries(
    {},
    optional={
        "session": anything,
        "id": anything | st.just("message-1"),
        "text": anything,
        "payload": anything | st.from_regex(r"/[a-z_]+\{.*\}"),
    },
).map(lambda data: json.dumps(data).encode())


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=bodies, genuine=st.booleans(), path=st.sampled_from(["/messages", "/history"]))
async def test_hostile_bodies_never_break_it(
    site: Site, body: bytes, genuine: bool, path: str
) -> None:
    if genuine:
        token = Sessions(SECRET).begin().token
        with contextlib.suppress(ValueError, TypeError):
            body = json.dumps({**json.loads(body), "session": token}).encode()
    answer = await site.request(
        "POST", path, data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status in {200, 400, 401, 413, 422}
    assert answer.json is not None
    assert b"Traceback" not in answer.body
    if answer.status == 200 and path == "/messages":
        assert answer.json["messages"]
