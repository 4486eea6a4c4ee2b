"""Every rule for arguments: what is bad is refused with an error that names it, before anything is sent or kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reactivex import Observable

import rxconvo
from rxconvo import SendEmailOptions, SendMediaOptions
from rxconvo.errors import ArgumentError, NotFoundError, RejectedError, RequestError
from rxconvo.server.limits import Limits
from tests.surface.places import Place, place, tried
from tests.surface.rules.building import BUILDER, MAKING
from tests.surface.rules.client import CLIENT
from tests.surface.rules.conversation import CONVERSATION
from tests.surface.rules.entities import ENTITIES
from tests.surface.rules.listeners import LISTENERS

CLASSES = (
    rxconvo.Client,
    rxconvo.Conversation,
    rxconvo.Message,
    rxconvo.Participant,
    rxconvo.User,
    rxconvo.Media,
    rxconvo.MessageBuilder,
    rxconvo.Paginator,
)


RULES = CLIENT | CONVERSATION | ENTITIES | BUILDER | LISTENERS
ALL = RULES | MAKING
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

_NAMES = "names of events are an open set: anything that can be a key"
_NOT_THERE = "whatever is not there is not removed, nor counted"
_BY_VALUES = "a value that acts hands itself over"
_BY_PARTS = "for the parts of the client, which hand over their own"

UNCHECKED = {
    **{
        f"{owner}.{method}({argument})": reason
        for owner in ("Client", "Conversation", "Message", "Participant", "User")
        for reason, methods, arguments in (
            (
                _NAMES,
                ("on", "once", "prepend_listener", "prepend_once_listener", "on_with_replay", "once_with_replay"),
                ("event",),
            ),
            (_NAMES, ("add_listener", "add_listener_with_replay", "listeners", "raw_listeners"), ("event",)),
            (_NAMES, ("remove_all_listeners",), ("event",)),
            (_NAMES, ("emit",), ("event", "args")),
            (_NOT_THERE, ("off", "remove_listener", "listener_count"), ("event", "listener")),
        )
        for method in methods
        for argument in arguments
    },
    "Client.connection_changed(state)": _BY_PARTS,
    "Client.find_conversation(sid)": _BY_PARTS,
    "Client.is_subscribed(user)": _BY_VALUES,
    "Client.moved(conversations)": _BY_PARTS,
    "Client.on_shutdown(closer)": _BY_PARTS,
    "Client.record(raw)": "it is as true as anything in Python",
    "Client.report(error)": _BY_PARTS,
    "Client.unsubscribe_user(user)": _BY_VALUES,
    "Client.update_user_attributes(user)": _BY_VALUES,
    "Client.update_user_friendly_name(user)": _BY_VALUES,
    "Client.user_emitter(identity)": _BY_VALUES,
    "Conversation.download_media(media)": _BY_VALUES,
    "Conversation.get_media_temporary_url(media)": _BY_VALUES,
    "Conversation.get_message_content_data(message)": _BY_VALUES,
    "Conversation.get_message_channel_metadata(message)": _BY_VALUES,
    "Conversation.get_message_delivery_receipts(message)": _BY_VALUES,
    "Conversation.get_message_participant(message)": _BY_VALUES,
    "Conversation.get_recipients_of_message(message)": _BY_VALUES,
    "Conversation.get_participant_user(participant)": _BY_VALUES,
    "Conversation.is_typing(participant)": _BY_VALUES,
    "Conversation.message_emitter(sid)": _BY_VALUES,
    "Conversation.watch(streams)": "it is as true as anything in Python",
    "Conversation.participant_emitter(sid)": _BY_VALUES,
    "Conversation.read_media(media)": _BY_VALUES,
    "Conversation.remove_message(message)": _BY_VALUES,
    "Conversation.source(topic)": _BY_PARTS,
    "Conversation.update_message_attributes(message)": _BY_VALUES,
    "Conversation.update_message_body(message)": _BY_VALUES,
    "Conversation.update_participant_attributes(participant)": _BY_VALUES,
}
"""Arguments without a rule, and why."""


def methods() -> Iterator[tuple[type, str, inspect.Signature]]:
    """Find the public methods of all classes, with what they take beside their object."""
    for owner in CLASSES:
        for name in dir(owner):
            member = inspect.getattr_static(owner, name)
            function = member.__func__ if isinstance(member, staticmethod | classmethod) else member
            if not name.startswith("_") and inspect.isfunction(function):
                signature = inspect.signature(function)
                bound = list(signature.parameters.values())[0 if isinstance(member, staticmethod) else 1 :]
                yield owner, name, signature.replace(parameters=bound)


METHODS = {f"{owner.__name__}.{name}": (owner, name, signature) for owner, name, signature in methods()}


def test_every_argument_of_every_public_method_has_a_rule() -> None:
    arguments = {
        f"{method}({argument})" for method, (_, _, signature) in METHODS.items() for argument in signature.parameters
    }
    assert arguments - RULES.keys() - UNCHECKED.keys() == set()
    assert (RULES.keys() | UNCHECKED.keys()) - arguments == set()
    assert RULES.keys() & UNCHECKED.keys() == set()


async def refusal(call: Any, at: Place, value: object) -> Exception | None:
    """Return what a call raises at once; if it raises nothing, see what it comes to."""
    try:
        made = call(at, value)
    except (ArgumentError, TypeError) as error:
        return error
    if isinstance(made, Observable):
        made.subscribe(on_error=lambda _: None)
        await at.settle()
    return None


@pytest.mark.parametrize("name", ALL)
async def test_bad_arguments_are_named_before_anything_is_sent(name: str) -> None:
    rule = ALL[name]
    async with place() as at:
        said, known = at.said(), at.known()
        for wrong, value in rule.bad.items():
            error = await refusal(rule.call, at, value)
            assert isinstance(error, ArgumentError), (wrong, error)
            assert error.field.partition(".")[0] == rule.field, (wrong, error)
            assert rule.field in str(error)
            assert len(str(error)) < 500, wrong
        await at.settle()
        assert at.said() == said
        assert at.known() == known


async def test_what_is_sent_and_known_would_be_noticed() -> None:
    async with place() as at:
        said, known = at.said(), at.known()
        await at.conversation.send_message(SendMediaOptions("text/plain", "x"))
        assert all(after > before for before, after in zip(said, at.said(), strict=True))
        assert at.known() != known


@pytest.mark.parametrize("name", [name for name, rule in ALL.items() if rule.good])
async def test_arguments_at_the_border_are_taken(name: str) -> None:
    """The service takes them as well; it may say that there is no such thing, or that it is so already."""
    rule = ALL[name]
    async with place() as at:
        for value in rule.good:
            try:
                await tried(rule.call(at, value))
            except NotFoundError:
                continue
            except RejectedError as error:
                assert error.status == 409, (value, error)  # noqa: PT017 - others do not


@pytest.mark.parametrize("owner", CLASSES)
async def test_python_refuses_too_many_and_too_few_arguments(owner: type) -> None:
    async with place() as at:
        said, known = at.said(), at.known()
        for _, name, signature in (method for method in METHODS.values() if method[0] is owner):
            parameters = signature.parameters.values()
            call = getattr(at.one(owner), name)
            with pytest.raises(TypeError):
                call(unknown=1)
            if not any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
                with pytest.raises(TypeError):
                    call(*[object()] * (len(parameters) + 1))
            if any(parameter.default is parameter.empty and parameter.kind in POSITIONAL for parameter in parameters):
                with pytest.raises(TypeError):
                    call()
        await at.settle()
        assert at.said() == said
        assert at.known() == known


@pytest.mark.parametrize(
    "method",
    [key.partition("(")[0] for key, reason in UNCHECKED.items() if reason is _BY_VALUES and "emitter" not in key],
)
async def test_what_values_call_does_nothing_with_anything_else(method: str) -> None:
    others = {"friendly_name": "x", "attributes": {}, "body": "x", "path": "x", "max_size": 1}
    owner, name, signature = METHODS[method]
    async with place() as at:
        said, known = at.said(), at.known()
        with pytest.raises((AttributeError, TypeError)):
            await tried(getattr(at.one(owner), name)(*(others.get(argument, "x") for argument in signature.parameters)))
        await at.settle()
        assert at.said() == said
        assert at.known() == known


# ---- what the service sets the limits of -----------------------------------------------------------------------------

MIB = 2**20
SMALL = rxconvo.ServerOptions(limits=Limits(attachments=2, attachment=MIB, attachments_total=2 * MIB))


def bad_builds(at: Place) -> dict[str, tuple[str, Callable[[], object]]]:
    """Return builds that go beyond the limits of the service, with the field that is named."""

    def files(*sizes: int) -> Callable[[], object]:
        builder = at.builder
        for size in sizes:
            builder.add_media(SendMediaOptions("application/octet-stream", bytes(size)))
        return builder.build_and_send

    note = SendMediaOptions(None, "x")
    return {
        "too many files": ("media", files(1, 1, 1)),
        "a file that is too large": ("media", files(MIB + 1)),
        "files that are too large together": ("media", files(MIB, MIB, 1)),
        "an unknown format of a body": ("email_body", at.builder.set_email_body("text/markdown", note).build),
        "an unknown format of a history": ("email_history", at.builder.set_email_history("text/csv", note).build),
        "a body of another type": (
            "email_body",
            at.builder.set_email_body("text/plain", SendMediaOptions("text/markdown", "x")).build,
        ),
        "a single file that is too large": (
            "media",
            lambda: at.conversation.send_message(SendMediaOptions("text/plain", "é" * MIB)),
        ),
        "a file without a type": (
            "content_type",
            lambda: at.conversation.send_message(SendMediaOptions(None, "x")),
        ),
        "another file without a type": ("content_type", lambda: at.builder.add_media(SendMediaOptions(None, "x"))),
        "an empty file": ("media", lambda: at.conversation.send_message(SendMediaOptions("text/plain", b""))),
        "a subject given twice": (
            "subject",
            lambda: at.conversation.send_message("x", None, SendEmailOptions("x"), subject="x"),
        ),
    }


async def test_what_the_service_would_not_take_is_not_built() -> None:
    async with place(options=SMALL) as at:
        said, known = at.said(), at.known()
        for wrong, (field, call) in bad_builds(at).items():
            with pytest.raises(ArgumentError) as caught:
                call()
            assert caught.value.field == field, wrong
        await at.settle()
        assert at.said() == said
        assert at.known() == known


async def test_what_it_just_takes_is_sent() -> None:
    async with place(options=SMALL) as at:
        builder = at.builder
        for _ in range(2):
            builder.add_media(SendMediaOptions("application/octet-stream", bytes(MIB)))
        assert await builder.build_and_send() == 4
        builder = at.builder
        for kind in at.conversation.limits.email_bodies_allowed_content_types:
            builder.set_email_body(kind, SendMediaOptions(None, "x")).set_email_history(
                kind, SendMediaOptions(None, "x")
            )
        assert await builder.build_and_send() == 5


async def test_urls_of_what_is_attached_are_not_asked_for_where_nothing_is() -> None:
    async with place() as at:
        (first,) = (await at.conversation.get_messages(1, 0)).items
        said = at.said()
        with pytest.raises(ArgumentError) as caught:
            first.get_temporary_content_urls_for_attached_media()
        assert caught.value.field == "media"
        await at.settle()
        assert at.said() == said


async def test_there_is_no_page_beyond_the_last() -> None:
    async with place() as at:
        everything = await at.conversation.get_messages(100)
        said = at.said()
        for beyond in (everything.next_page, everything.prev_page):
            with pytest.raises(RequestError, match=r"there is no (next|previous) page"):
                beyond()
        await at.settle()
        assert at.said() == said


@pytest.mark.parametrize(
    "ask,message",
    [
        (lambda at: at.conversation.get_participant_by_sid("MB1"), "Participant with SID MB1 was not found"),
        (lambda at: at.conversation.get_participant_by_identity("eve"), "Participant with identity eve was not found"),
        (lambda at: at.conversation.remove_participant("eve"), "Participant not found"),
        (lambda at: at.client.get_conversation_by_sid("CH1"), "Conversation not found"),
        (lambda at: at.client.peek_conversation_by_sid("CH1"), "Conversation not found"),
        (lambda at: at.client.get_conversation_by_unique_name("CH1"), "Conversation not found"),
        (lambda at: at.client.get_user("eve"), "User not found"),
    ],
)
async def test_what_is_not_there_is_said_to_be_so(ask: Callable[[Place], Any], message: str) -> None:
    async with place() as at:
        known = at.known()
        with pytest.raises(NotFoundError, match=message):
            await ask(at)
        assert at.known() == known


async def test_only_chat_participants_have_users() -> None:
    async with place() as at:
        phone = await at.conversation.add_non_chat_participant("+15005550006", "+15005550001")
        await at.settle()
        said = at.said()
        with pytest.raises(ArgumentError) as caught:
            phone.get_user()
        await at.settle()
        assert (caught.value.field, at.said()) == ("participant", said)
