"""Addresses on other channels: of conversations, of participants, and how to add a participant by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict, cast

from rxconvo.errors import ArgumentError
from rxconvo.model import limits
from rxconvo.model.fields import parse_json

__all__ = [
    "ConversationBindings",
    "ConversationEmailBinding",
    "ConversationSmsBinding",
    "ParticipantBindingOptions",
    "ParticipantBindings",
    "ParticipantEmailBinding",
    "ParticipantPhoneBinding",
    "binding_fields",
    "conversation_bindings",
    "participant_bindings",
]


class ConversationEmailBinding(TypedDict, total=False):
    """The address of a conversation for e-mail."""

    name: str
    projected_address: str


class ConversationSmsBinding(TypedDict, total=False):
    """The address of a conversation for SMS."""

    address: str


class ConversationBindings(TypedDict, total=False):
    """The addresses of a conversation by channel; those of further channels are there, too."""

    email: ConversationEmailBinding
    sms: ConversationSmsBinding


class ParticipantEmailBinding(TypedDict, total=False):
    """The address of a participant for e-mail, and the one it is reached from; the level is `to` or `cc`."""

    name: str
    address: str
    proxy_address: str
    level: str


class ParticipantPhoneBinding(TypedDict, total=False):
    """The number of a participant, and the one it is reached from."""

    address: str
    proxy_address: str


class ParticipantBindings(TypedDict, total=False):
    """The addresses of a participant by channel; those of further channels are there, too."""

    email: ParticipantEmailBinding
    sms: ParticipantPhoneBinding
    whatsapp: ParticipantPhoneBinding


@dataclass(frozen=True, slots=True)
class ParticipantBindingOptions:
    """How somebody of another channel is to take part.

    Attributes:
        email: For e-mail: the name to show, and the level, `to` or `cc`.

    Raises:
        ArgumentError: One of them is something else.
    """

    email: ParticipantEmailBinding | None = None

    def __post_init__(self) -> None:
        if self.email is not None:
            _check_email(self.email)

    def fields(self) -> dict[str, str]:
        """Return what goes into the request: the name and the level, as far as they are given."""
        email = self.email or ParticipantEmailBinding()
        given = {"name": email.get("name"), "level": email.get("level")}
        return {name: value for name, value in given.items() if value is not None}


def binding_fields(options: object) -> dict[str, str]:
    """Check how somebody is to take part, and return what goes into the request; None says nothing.

    Raises:
        ArgumentError: It is something else.
    """
    if options is None:
        return {}
    if not isinstance(options, ParticipantBindingOptions):
        raise ArgumentError("binding_options", "ParticipantBindingOptions or None", options)
    return options.fields()


def _check_email(value: object) -> None:
    if not isinstance(value, Mapping):
        raise ArgumentError("email", "an object of name and level", value)
    email = cast("Mapping[str, object]", value)
    limits.check_friendly_name(email.get("name", ""), field="email.name")
    if email.get("level", "to") not in ("to", "cc"):
        raise ArgumentError("email.level", '"to" or "cc"', email["level"])


def conversation_bindings(text: str) -> ConversationBindings:
    """Read the bindings of a conversation; what is no object counts as an empty one."""
    value = parse_json(text)
    return cast("ConversationBindings", value if isinstance(value, dict) else {})


def participant_bindings(text: str) -> ParticipantBindings:
    """Read the bindings of a participant; what is no object counts as an empty one."""
    value = parse_json(text)
    return cast("ParticipantBindings", value if isinstance(value, dict) else {})
