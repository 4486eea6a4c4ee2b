"""How the service says no: a status, a code and a message, and nothing else."""

from __future__ import annotations

import orjson

from rxconvo.errors import RxconvoError

__all__ = ["Refusal", "bad_request", "conversation_not_found", "forbidden", "not_found", "not_member"]


class Refusal(RxconvoError):  # noqa: N818 - an answer, not a failure
    """A request that is answered with an HTTP status outside 2xx. Nothing was changed.

    Attributes:
        status: HTTP status.
        code: The service's own code.
        message: One sentence; never names what the asker may not see.
        retry_after: Seconds to wait before trying again, or None.

    Source: errors, body of a refused request.
    """

    def __init__(self, status: int, code: int, message: str, *, retry_after: float | None = None) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        super().__init__(f"{status}/{code}: {message}")

    @property
    def body(self) -> bytes:
        """The JSON body of the answer."""
        return orjson.dumps({"status": self.status, "code": self.code, "message": self.message})

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that belong to the refusal, beyond the content type."""
        return {} if self.retry_after is None else {"retry-after": f"{self.retry_after:.3f}"}


def bad_request(field: str, expected: str) -> Refusal:
    """Make the refusal of a bad argument.

    Args:
        field: Name of the field as the client wrote it.
        expected: What it must be, limits with their unit.
    """
    return Refusal(400, 20400, f"{field} must be {expected}")


def conversation_not_found() -> Refusal:
    """Make the answer for an unknown conversation, and for one that the asker may not see."""
    return Refusal(404, 50350, "Conversation not found")


def not_found(what: str = "Resource") -> Refusal:
    """Make the answer for a thing that does not exist.

    Args:
        what: Its kind, never its name.
    """
    return Refusal(404, 20404, f"{what} not found")


def forbidden(what: str) -> Refusal:
    """Make the answer for a member who lacks a right.

    Args:
        what: The right, as the object of "You may not".
    """
    return Refusal(403, 50107, f"You may not {what}")


def not_member() -> Refusal:
    """Make the answer for somebody who sees a conversation without being its participant."""
    return Refusal(403, 50430, "User not participant of conversation")
