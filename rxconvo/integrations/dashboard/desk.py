"""Who asks, who answers, and how soon: what response times and promised times are measured by."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from rxconvo import Conversation, Message
from rxconvo.errors import ArgumentError, DetachedError
from rxconvo.types import Identity

__all__ = ["Desk"]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What is promised to those who ask.

    Who created a conversation asks, and everybody else answers. In a conversation that the dashboard's own user
    created, everybody else asks, and the own user answers.

    Attributes:
        first: Seconds within which the first question of a conversation is to be answered.
        following: Seconds for those after the first answer.
        warn: The part of that time after which it is called short, more than 0 and less than 1.
        bucket: Seconds that a bar of the chart of messages stands for.
        grace: Seconds for which somebody has to be gone before they show as offline.

    Raises:
        ArgumentError: One of them is out of range.
    """

    first: float = 300.0
    following: float = 300.0
    warn: float = 0.75
    bucket: float = 10.0
    grace: float = 10.0

    def __post_init__(self) -> None:
        for name in ("first", "following", "bucket"):
            if not (isfinite(value := getattr(self, name)) and value > 0):
                raise ArgumentError(name, "more than 0 seconds", value)
        if not 0 < self.warn < 1:
            raise ArgumentError("warn", "more than 0 and less than 1", self.warn)
        if not (isfinite(self.grace) and self.grace >= 0):
            raise ArgumentError("grace", "0 seconds or more", self.grace)

    def asks(self, message: Message[Conversation]) -> bool:
        """Tell whether a message is a question."""
        return self._is_question(message) is True

    def answers(self, message: Message[Conversation]) -> bool:
        """Tell whether a message is an answer."""
        return self._is_question(message) is False

    @staticmethod
    def _is_question(message: Message[Conversation]) -> bool | None:
        try:
            conversation = message.conversation
        except DetachedError:
            return None  # it is over, and nobody waits
        customer: Identity = conversation.created_by
        if customer in ("", conversation.identity):
            return message.author != conversation.identity
        return message.author == customer
