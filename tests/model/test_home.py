"""The weak links of values, and what all values have in common because of them."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import msgspec
import pytest

from rxconvo import model
from rxconvo.errors import DetachedError
from rxconvo.model import (
    AggregatedDeliveryReceipt,
    ChannelMetadata,
    ClientHome,
    ContentDataActionOther,
    ContentDataActionPhone,
    ContentDataActionReply,
    ContentDataActionUrl,
    ContentDataCallToAction,
    ContentDataCard,
    ContentDataListItem,
    ContentDataListPicker,
    ContentDataLocation,
    ContentDataMedia,
    ContentDataOther,
    ContentDataQuickReply,
    ContentDataReply,
    ContentDataText,
    ContentTemplate,
    ContentTemplateVariable,
    ConversationAdded,
    ConversationJoined,
    ConversationLeft,
    ConversationRemoved,
    ConversationState,
    ConversationUpdated,
    DetailedDeliveryReceipt,
    Discontinuity,
    EmailRecipientDescriptor,
    Home,
    LastMessage,
    Lifecycle,
    Media,
    Mention,
    Message,
    MessageAdded,
    MessageRemoved,
    MessageUpdated,
    Notification,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    PushNotification,
    PushNotificationData,
    ReadReceipts,
    Topic,
    TransferProgress,
    TypingEnded,
    TypingStarted,
    UnknownRecipientDescriptor,
    User,
    UserSubscribed,
    UserUnsubscribed,
    UserUpdated,
)

HOME: Home[Any] = Home("CH1")


def make() -> list[msgspec.Struct]:
    """Make one value of each class, of parts that nobody else holds."""
    message = Message("IM1", 5, "ada", medias=(Media("ME1"),), home=HOME)
    participant = Participant("MB1", "bob", home=HOME)
    user = User("bob")
    state = ConversationState("CH1", state=Lifecycle("active"), last_message=LastMessage(5))
    return [
        message,
        participant,
        user,
        state,
        Lifecycle("active"),
        LastMessage(5),
        Media("ME1"),
        TransferProgress(5, 12),
        ContentDataText("hi", "{}"),
        ContentDataMedia(("https://example.test",), "{}"),
        ContentDataLocation(1.5, 2.5, "{}"),
        ContentDataQuickReply("hi", (ContentDataReply("yes"),), "{}"),
        ContentDataReply("yes"),
        ContentDataCallToAction("hi", (ContentDataActionUrl("go", "https://example.test", "{}"),), "{}"),
        ContentDataActionUrl("go", "https://example.test", "{}"),
        ContentDataActionPhone("call", "+1500", "{}"),
        ContentDataActionReply("yes", "y", 0, "{}"),
        ContentDataActionOther("{}"),
        ContentDataListPicker("hi", "open", (ContentDataListItem("1", "x"),), "{}"),
        ContentDataListItem("1", "x"),
        ContentDataCard("hi", "{}"),
        ContentDataOther("{}"),
        ContentTemplateVariable("1", "world"),
        ContentTemplate("HX1", "greeting", contents=(("twilio/text", ContentDataText("hi", "{}")),)),
        ChannelMetadata("whatsapp", "{}"),
        DetailedDeliveryReceipt("DY1", "IM1", "CH1", None, "MB1"),
        EmailRecipientDescriptor("IM1", "to", "Ann", "ann@example.test"),
        UnknownRecipientDescriptor("IM1", "fax", "{}"),
        PushNotification("twilio.conversations.new_message"),
        PushNotificationData("CH1"),
        AggregatedDeliveryReceipt(2, "all", "none", "none", "none", "none"),
        MessageAdded(message),
        MessageUpdated(None, message),
        MessageRemoved(None, 5, HOME),
        ParticipantJoined(participant),
        ParticipantUpdated(participant, participant, ("roleSid",)),
        ParticipantLeft(participant),
        TypingStarted(participant),
        TypingEnded(participant, "left"),
        ConversationUpdated(state, state, ("state",), HOME),
        ConversationAdded(state, HOME),
        ConversationJoined(state, HOME),
        ConversationLeft(state, HOME),
        ConversationRemoved(state, HOME),
        UserUpdated(user, user, ("friendlyName",)),
        UserSubscribed(user),
        UserUnsubscribed(user),
        Discontinuity(Topic.MESSAGES, "CH1", "why"),
        ReadReceipts((1, 2), ("ann", "bob")),
        Mention(message, ((0, 4),), listed=True),
        Notification((message,), 1),
    ]


VALUES = {type(value).__name__: value for value in make()}
every_value = pytest.mark.parametrize("name", VALUES)


class TestHome:
    def test_it_leads_to_the_handle_of_its_conversation(self) -> None:
        class Client:
            def find_conversation(self, sid: str) -> str | None:
                return f"handle of {sid}" if sid == "CH1" else None

        client = Client()
        assert Home("CH1", weakref.ref(client)).get() == "handle of CH1"
        with pytest.raises(DetachedError, match="CH2"):
            Home("CH2", weakref.ref(client)).get()

    def test_it_may_lead_nowhere(self) -> None:
        home: Home[object] = Home()
        with pytest.raises(DetachedError):
            home.get()

    def test_it_does_not_keep_the_client(self) -> None:
        class Client:
            def find_conversation(self, sid: str) -> Client:
                return self

        client = Client()
        home = Home("CH1", weakref.ref(client))
        assert home.get() is client
        del client
        with pytest.raises(DetachedError):
            home.get()

    def test_its_repr_is_short(self) -> None:
        assert repr(HOME) == "Home('CH1')"


class TestClientHome:
    def test_it_leads_to_the_client_while_there_is_one(self) -> None:
        class Client:
            pass

        client = Client()
        home = ClientHome(weakref.ref(client))
        assert home.get() is client
        assert repr(home) == "ClientHome()"
        del client
        with pytest.raises(DetachedError):
            home.get()

    def test_it_may_lead_nowhere(self) -> None:
        home: ClientHome[object] = ClientHome()
        with pytest.raises(DetachedError):
            home.get()


class TestValues:
    def test_none_is_forgotten_here(self) -> None:
        structs = {name: each for name in model.__all__ if isinstance(each := getattr(model, name), msgspec.StructMeta)}
        assert {name for name, each in structs.items() if not each.__struct_config__.gc} == set(VALUES)

    def test_those_that_the_collector_visits_are_no_part_of_a_conversation(self) -> None:
        structs = [each for name in model.__all__ if isinstance(each := getattr(model, name), msgspec.StructMeta)]
        visited = [each for each in structs if each.__struct_config__.gc]  # they hold what is the application's own
        assert visited
        assert [each for each in visited if "home" in each.__struct_fields__] == []

    @every_value
    def test_the_collector_does_not_visit_them(self, name: str) -> None:
        assert not gc.is_tracked(VALUES[name])
        assert not VALUES[name].__struct_config__.gc

    @every_value
    def test_they_have_neither_a_dict_nor_weak_references(self, name: str) -> None:
        assert not hasattr(VALUES[name], "__dict__")
        with pytest.raises(TypeError):
            weakref.ref(VALUES[name])

    @every_value
    def test_they_cannot_be_changed(self, name: str) -> None:
        for field in VALUES[name].__struct_fields__:
            with pytest.raises(AttributeError):
                setattr(VALUES[name], field, None)
            with pytest.raises(AttributeError):
                delattr(VALUES[name], field)

    @every_value
    def test_they_are_equal_and_hashed_by_what_they_hold(self, name: str) -> None:
        value, twin = VALUES[name], {type(each).__name__: each for each in make()}[name]
        assert value is not twin
        assert value == twin
        assert hash(value) == hash(twin)

    @every_value
    def test_they_differ_from_all_others(self, name: str) -> None:
        assert [other for other in VALUES.values() if other == VALUES[name]] == [VALUES[name]]

    def test_values_of_different_conversations_differ(self) -> None:
        assert Message("IM1", 5, home=Home("CH1")) != Message("IM1", 5, home=Home("CH2"))

    @pytest.mark.parametrize(
        "value,text",
        [
            (Message("IM1", 5, body="hi", home=HOME), "Message(sid='IM1', index=5, body='hi', home=Home('CH1'))"),
            (Participant("MB1", "bob"), "Participant(sid='MB1', identity='bob')"),
            (User("bob", is_online=False), "User(identity='bob', is_online=False)"),
            (ConversationState("CH1", status="joined"), "ConversationState(sid='CH1', status='joined')"),
        ],
    )
    def test_their_repr_shows_only_what_is_given(self, value: object, text: str) -> None:
        assert repr(value) == text
