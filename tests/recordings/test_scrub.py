"""Scrubbed recordings: who is who and what was said is in no byte of them, and everything else is as it was."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rxconvo
from rxconvo.recordings import Frame, RecordingReader, Scrubber
from rxconvo.recordings.pseudonyms import DEEPEST, SHORTEST, Pseudonyms
from rxconvo.recordings.scrub_values import Values
from rxconvo.recordings.tokens import without_secrets_in, without_secrets_in_text
from rxconvo.testing import World, advance, run
from rxconvo.wire import (
    ClientUpdate,
    Close,
    DeleteContext,
    HttpRequest,
    Init,
    Notification,
    Other,
    Packet,
    PutContext,
    Reply,
    Request,
    Status,
    Telemetry,
    Update,
    decode,
    encode,
)
from tests.recordings.conftest import play_at_random, replayed, scene

secrets = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters='"\\'), min_size=7, max_size=40
).map(lambda text: f"{text.strip()}§{len(text)}")


def bytes_of(path: Path) -> bytes:
    """Return all that is in a recording, with what is escaped in JSON within JSON made plain as well."""
    text = gzip.decompress(path.read_bytes())
    plain = b"".join(frame.data for frame in RecordingReader(path) if isinstance(frame, Frame))
    return text + plain + plain.replace(b"\\", b"")


def assert_absent(path: Path, *texts: str) -> None:
    held = bytes_of(path)
    for text in texts:
        for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
            assert form.encode() not in held, text


async def recorded(path: Path, told: dict[str, str], *, raw: bool) -> list[str]:
    """Record a session in which all these texts are said or shown; return the tokens that were used."""
    tokens: list[str] = []
    async with World() as world:
        mint = world.service.token

        def minted(identity: str, **options: Any) -> str:
            tokens.append(mint(identity, **options))
            return tokens[-1]

        world.service.token = minted  # type: ignore[method-assign]
        ada = await world.client(told["ada"])
        bob = await world.client(told["bob"])
        mine, his = await world.talk(ada, bob, friendly_name=told["name"])
        async with ada.record(path, raw=raw):
            await ada.user.update_friendly_name(told["user"])
            await mine.update_attributes({told["key"]: [told["value"], {told["key"]: 12_345_678_901}]})
            await mine.update_unique_name(told["unique"])
            await ada.get_conversation_by_unique_name(told["unique"])
            await mine.send_message(told["body"], {told["key"]: told["value"]})
            message = (await his.get_messages(1)).items[0]
            await mine.update_message_body(message, told["edited"])
            note = rxconvo.SendMediaOptions("text/plain", "content", told["file"])
            await his.prepare_message().set_subject(told["subject"]).add_media(note).build_and_send()
            await his.send_typing()
            await ada.get_user(told["bob"])
            await mine.get_participants_count()
            await mine.add_non_chat_participant(told["address"], told["proxy"])
            await his.update_participant_attributes(
                await his.get_participant_by_identity(told["bob"]), {"a": told["value"]}
            )
            world.lines[told["ada"]].cut()
            await advance(5)
            await his.remove_message((await mine.get_messages(1)).items[0])
            await ada.update_token(minted(told["ada"]))
            await ada.set_push_registration_id("fcm", told["device"])
    return tokens


NAMES = (
    *("ada", "bob", "name", "user", "key", "value", "unique", "body", "edited", "file", "subject", "address", "proxy"),
    "device",
)


@settings(
    max_examples=8, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(secrets, min_size=len(NAMES), max_size=len(NAMES), unique=True),
    number=st.integers(10**10, 10**12),
)
def test_nothing_of_what_people_say_is_in_it(texts: list[str], number: int, tmp_path: Path) -> None:
    path = tmp_path / "a.rxrec"
    path.unlink(missing_ok=True)
    told = dict(zip(NAMES, texts, strict=True)) | {"address": f"+{number}", "proxy": f"+{number + 1}"}
    tokens = run(lambda: recorded(path, told, raw=False))
    assert len(tokens) >= 3
    assert_absent(path, *told.values(), *tokens, "12345678901")


def test_tokens_are_in_none_but_everything_else_is_in_a_raw_one(tmp_path: Path) -> None:
    told = {name: f"the {name} of it" for name in NAMES} | {"address": "+15005550001", "proxy": "+15005550002"}
    tokens = run(lambda: recorded(tmp_path / "raw.rxrec", told, raw=True))
    assert_absent(tmp_path / "raw.rxrec", *tokens, told["device"])
    held = bytes_of(tmp_path / "raw.rxrec")
    for name in set(NAMES) - {"device"}:
        assert told[name].encode() in held, name


async def test_the_same_text_is_the_same_pseudonym_and_another_one_elsewhere(tmp_path: Path) -> None:
    bodies: list[list[str | None]] = []
    async with World() as world:
        ada, bob = await world.clients("ada", "bob")
        _, his = await world.talk(ada, bob)
        ada.messages.subscribe(lambda _: None)
        await ada.messages.opened
        for number in range(2):
            path = tmp_path / f"{number}.rxrec"
            async with ada.record(path):
                for body in ("hello", "other", "hello"):
                    await his.send_message(body)
            heard: list[Any] = []
            async with rxconvo.Replay(path) as replay, replay.client() as client:
                client.messages.added.subscribe(heard.append)
                await client.messages.opened
                await replay.play(speed=math.inf)
            bodies.append([message.body for message in heard])
            assert {message.author for message in heard} != {"bob"}
            assert len({message.author for message in heard}) == 1
    for said in bodies:
        assert said[0] == said[2] != said[1]
        assert len(said[0] or "") == SHORTEST
    assert bodies[0] != bodies[1]


@pytest.mark.parametrize("seed", range(8))
async def test_a_scrubbed_recording_gives_the_same_events_in_the_same_order(path: Path, seed: int) -> None:
    async with scene(path, seed=seed) as at:
        await play_at_random(at, seed, 20)
    again = await replayed(path, speed=math.inf, errors=False)

    def outline(heard: list[tuple[str, Any]]) -> list[object]:
        return [
            (name, value[""], value.get("reasons"), value.get("reason")) if isinstance(value, dict) else (name, value)
            for name, value in heard
            if name != "errors"
        ]

    assert outline(at.ear.heard) == outline(again.heard)


class TestPseudonyms:
    """What stands for texts and numbers."""

    @given(text=st.text(max_size=600), other=st.text(max_size=600))
    def test_texts(self, text: str, other: str) -> None:
        pseudonyms = Pseudonyms(b"k" * 16)
        made = pseudonyms.text(text)
        assert len(made) == (max(len(text), SHORTEST) if text else 0)
        assert made == Pseudonyms(b"k" * 16).text(text)
        assert (made == pseudonyms.text(other)) == (text == other)
        assert not text or made != Pseudonyms(b"l" * 16).text(text)
        assert made.isalnum() or not text

    @given(number=st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False))
    def test_numbers(self, number: float) -> None:
        made = Pseudonyms(b"k" * 16).number(number)
        assert type(made) is type(number)
        assert made == Pseudonyms(b"k" * 16).number(number)

    def test_the_form_of_values_stays(self) -> None:
        made = Pseudonyms(b"k" * 16).value({"name": ["x", None, True, 17, 1.5]})
        assert isinstance(made, dict)
        ((key, items),) = made.items()
        assert key != "name"
        assert isinstance(items, list)
        assert [type(item) for item in items] == [str, type(None), bool, int, float]
        assert items[1:3] == [None, True]


class TestValues:
    """What of payloads stays."""

    values = Values(Pseudonyms(b"k" * 16))

    def scrubbed(self, value: object) -> Any:
        return json.loads(self.values.payload(json.dumps(value).encode()))

    @pytest.mark.parametrize(
        "told, kept",
        [
            ("image/png", "image/png"),
            ("text/plain; charset=UTF-8", "text/plain; charset=UTF-8"),
            ('text/plain; name="ada.txt"', "text/plain"),
            ("text/plain;charset=ada", "text/plain"),
            ("application/x-vnd.com.twilio.rich.twilio.text", "application/x-vnd.com.twilio.rich.twilio.text"),
            ("chemical/x-ada", "application/octet-stream"),
        ],
    )
    def test_of_types_only_the_known_ones_and_nothing_that_may_be_a_name(self, told: str, kept: str) -> None:
        assert self.scrubbed({"contentType": told}) == {"contentType": kept}

    def test_codes_are_numbers_or_what_somebody_is_to_type_in(self) -> None:
        made = self.scrubbed({"code": 50404, "actions": [{"code": "123456"}]})
        assert made["code"] == 50404
        assert made["actions"][0]["code"] != "123456"

    @pytest.mark.parametrize("depth", [50, 99, 400, 900, 5_000])
    @pytest.mark.parametrize("member", ["attributes", "events", "x"])
    def test_what_is_deep_ends_nothing(self, member: str, depth: int) -> None:
        deep = f'{{"{member}":' * depth + '"said!"' + "}" * depth
        made = self.values.payload(deep.encode())
        assert b"said!" not in made
        assert (made.count(b"{") == depth) == (depth < DEEPEST)
        quoted = json.loads(self.values.payload(json.dumps({"attributes": deep}).encode()))["attributes"]
        assert "said!" not in quoted

    def test_numbers_of_any_size(self) -> None:
        for digits in (18, 19, 20, 400, 5_000):
            assert b"9" * digits not in self.values.payload(b'{"x":' + b"9" * digits + b"}")

    def test_members_that_nobody_knows_become_pseudonyms_name_and_all(self) -> None:
        made = self.scrubbed({"sid": "CH" + "0" * 32, "secret": {"sid": "CH" + "0" * 32}, "events": [{"other": 7}]})
        assert made["sid"] == "CH" + "0" * 32
        assert "secret" not in made
        assert ("CH" + "0" * 32) not in json.dumps([value for key, value in made.items() if key != "sid"])
        assert "other" not in made["events"][0]

    @pytest.mark.parametrize(
        "place",
        [
            "https://cds.us1.twilio.com/v3/Services/IS{0}/Maps/MP{0}/Items/CH{0}",
            "https://aim.us1.twilio.com/Client/v2/Services/IS{0}/Conversations/%s/Messages/%s/Receipts",
            "CH{0}.roster",
            "/v1/Services/IS{0}/Media",
        ],
    )
    def test_places_of_the_service_stay(self, place: str) -> None:
        place = place.replace("{0}", "0" * 32)
        assert self.values.place(place) == place

    @pytest.mark.parametrize(
        "place, hidden",
        [
            ("ada.channels", "ada"),
            ("https://chat.example.com/v3/Maps/x", "example"),
            ("https://aim.us1.twilio.com/Client/v2/Services/IS1/Users/Users", "Users/Users"),
            ("/Client/v2/Services/x/Conversations/Messages", "Conversations/Messages"),
            ("https://aim.us1.twilio.com/x?token=abc", "abc"),
            ("http://[", "http://["),
            ("/v3/Maps/ada%40example.com.channels", "example"),
        ],
    )
    def test_names_in_places_do_not(self, place: str, hidden: str) -> None:
        assert hidden not in self.values.place(place)

    def test_a_name_is_the_same_alone_and_in_a_place(self) -> None:
        pseudonym = Pseudonyms(b"k" * 16).text("ada@example.com")
        assert self.values.place("ada@example.com.channels") == f"{pseudonym}.channels"
        assert self.values.path("/v3/Maps/ada%40example.com.channels") == f"/v3/Maps/{pseudonym}.channels"
        assert self.scrubbed({"identity": "ada@example.com"}) == {"identity": pseudonym}

    def test_attributes_stay_json(self) -> None:
        made = self.scrubbed({"attributes": '{"a": [1, "b"]}', "value": "[1", "text": "{}"})
        ((key, value),) = json.loads(made["attributes"]).items()
        assert key != "a"
        assert (type(value[0]), type(value[1])) == (int, str)
        assert made["value"] != "[1"
        assert made["text"] != "{}"

    def test_forms(self) -> None:
        sid = "CH" + "0" * 32
        assert self.values.payload(f"ChannelSid={sid}".encode()) == f"ChannelSid={sid}".encode()
        assert b"ada" not in self.values.payload(b"who=ada&ada=x")
        assert b"said" not in self.values.payload(b"what was said")
        assert self.values.payload(b"") == b""


class TestFrames:
    """What of frames stays."""

    scrubber = Scrubber(b"k" * 16)

    def test_bytes_that_are_no_packet_are_not_kept(self) -> None:
        assert self.scrubber.frame(b"what was said") == b"?" * 13

    def test_addresses_in_texts_for_people_hold_no_secrets(self) -> None:
        told = (
            "no connection to wss://ada:secret@chat.example/v3?token=secret within 10 s; see https://x.example/a#secret"
        )
        assert without_secrets_in_text(told) == (
            "no connection to wss://chat.example/v3 within 10 s; see https://x.example/a"
        )
        assert without_secrets_in_text("what? no: a@b") == "what? no: a@b"

    @pytest.mark.parametrize("packet", [Init("TM1", "secret", "secret"), Update("TM1", "secret")])
    def test_tokens(self, packet: Init | Update) -> None:
        assert b"secret" not in self.scrubber.frame(encode(packet))

    @pytest.mark.parametrize(
        "packet",
        [
            Init("secret", "secret", "secret", {"secret": "secret"}, ["secret"], {"secret": "secret"}, ["secret"]),
            Request(
                "TM1",
                HttpRequest("secret.example", "/secret", "SECRET", {"secret": ["secret"]}, {"X-Secret": "secret"}),
                b'{"secret":"secret"}',
                "secret/secret",
            ),
            Request("TM1", HttpRequest("x", "/v1/registrations", "POST"), b'{"data":{"registration_id":"secret"}}'),
            Reply(
                "secret",
                Status(200, "secret", "secret"),
                Status(200, "secret", "secret"),
                {"x-secret": "secret", "retry-after": "secret"},
                b'{"secret":"secret"}',
                "secret/secret",
                "secret",
                {"secret": "secret", "reissue_reason": "secret"},
                ["secret"],
                "secret",
                "secret",
                "secret",
            ),
            Notification("TM1", "secret", "secret", b"secret", "secret/secret"),
            ClientUpdate("TM1", "secret"),
            Close("TM1", Status(400, "secret", "secret"), b'{"secret":"secret"}'),
            Telemetry("TM1", [{"secret": "secret"}]),
            PutContext("TM1", "secret", b"secret"),
            DeleteContext("TM1", "secret"),
            Other("TM1", "secret", b"secret"),
        ],
    )
    def test_of_no_packet_is_a_field_kept_that_may_tell_something(self, packet: Packet) -> None:
        assert b"secret" in encode(packet)
        assert b"secret" not in self.scrubber.frame(encode(packet)).lower()

    @pytest.mark.parametrize(
        "packet",
        [
            Init("TM1", "secret", "secret"),
            Update("TM1", "secret"),
            Reply("TM1", Status(200, "OK"), continuation_token="secret"),
            Request("TM1", HttpRequest("x", "/v1/registrations", "POST"), b'{"data":{"registration_id":"secret"}}'),
            Request("TM1", HttpRequest("x", "/v1/registrations", "DELETE"), b'{"address":"secret"}'),
        ],
    )
    def test_a_raw_recording_has_no_tokens_either_and_everything_else(self, packet: Packet) -> None:
        assert b"secret" not in without_secrets_in(encode(packet))
        other = encode(Notification("TM1", "secret", "secret", b"secret"))
        assert without_secrets_in(other) == other

    def test_descriptions_may_quote(self) -> None:
        packet = Reply("a person", Status(409, "CONFLICT", "lunch is taken", 50353), payload=b'{"message":"lunch"}')
        made = decode(self.scrubber.frame(encode(packet)))
        assert isinstance(made, Reply)
        assert made.status == Status(409, "CONFLICT", None, 50353)
        assert b"lunch" not in made.payload
        assert made.id == self.scrubber.text("a person")

    def test_types_that_nobody_knows(self) -> None:
        made = decode(self.scrubber.frame(encode(Notification("TM1", "ada.says", "ada", b'{"a":1}'))))
        assert isinstance(made, Notification)
        assert "ada" not in made.message_type
        assert made.notification_ctx_id == ""
        assert b'"a"' not in made.payload
