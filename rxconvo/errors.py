"""The error tree: everything rxconvo raises on purpose is an `RxconvoError`.

RxconvoError
├── ArgumentError (ValueError)            a bad argument: names the field and what it must be
├── ProtocolError                         the wire
│   ├── FramingError                      bytes that are no packet; ends that connection
│   ├── PayloadError                      a well-framed packet whose content cannot be read
│   ├── LocalProtocolError                we broke the protocol's state machine
│   └── RemoteProtocolError               the other side did
├── ConnectionError (builtins.ConnectionError)   the connection; `terminal` tells whether it comes back by itself
│   └── DeniedError                       the token was refused
├── RequestError                          a mutation or query
│   ├── RejectedError                     answered: refused, nothing was changed
│   │   └── NotFoundError                 answered: there is no such thing (or none you may see)
│   └── OutcomeUnknownError               not answered: it may have happened; subscribe again to resume it
│       └── QueueFullError                the queue of waiting requests is full; it was not sent
├── SyncError                             a replicated object could not be opened or kept
├── ObserverError                         an observer raised; reported on `client.errors`
├── SlowConsumerError                     a bounded buffer overflowed before its consumer came back
├── TooManyViewersError                   a feed has as many viewers as it may have
├── AbortError                            a signal aborted what was waited for
├── UnhandledEventError                   `error` was emitted with something that is no exception
├── DetachedError                         a value outlived its client
├── ClosedError                           the client or service was shut down
├── TokenError                            an access token that the service refuses
├── StoreError                            the service's storage
│   └── StoreLockedError                  somebody else holds the store
├── RecordingError                        a recording that cannot be read or written
└── MissingExtraError (ImportError)       an optional dependency is not installed
"""

from __future__ import annotations

import builtins
from typing import Any

__all__ = [
    "AbortError",
    "ArgumentError",
    "ClosedError",
    "ConnectionError",
    "DeniedError",
    "DetachedError",
    "FramingError",
    "LocalProtocolError",
    "MissingExtraError",
    "NotFoundError",
    "ObserverError",
    "OutcomeUnknownError",
    "PayloadError",
    "ProtocolError",
    "QueueFullError",
    "RecordingError",
    "RejectedError",
    "RemoteProtocolError",
    "RequestError",
    "RxconvoError",
    "SlowConsumerError",
    "StoreError",
    "StoreLockedError",
    "SyncError",
    "TokenError",
    "TooManyViewersError",
    "UnhandledEventError",
]


class RxconvoError(Exception):
    """Root of every error that rxconvo raises on purpose."""


class ArgumentError(RxconvoError, ValueError):
    """A bad argument, found before anything was sent or stored.

    Attributes:
        field: Name of the argument or field.
        expected: What it must be, limits with their unit.

    Args:
        got: What was given instead, if it may be shown.
    """

    def __init__(self, field: str, expected: str, *got: object) -> None:
        self.field = field
        self.expected = expected
        super().__init__(f"{field} must be {expected}{''.join(f', not {_shown(value)}' for value in got)}")


class ProtocolError(RxconvoError):
    """Something on the wire is not as the protocol wants it."""


class FramingError(ProtocolError):
    """Bytes that are no packet. The connection they came on is closed."""


class PayloadError(ProtocolError):
    """A well-framed packet whose content cannot be read. It is skipped and reported."""


class LocalProtocolError(ProtocolError):
    """We tried something that the state of the connection does not allow."""


class RemoteProtocolError(ProtocolError):
    """The other side sent something that the state of the connection does not allow."""


class ConnectionError(RxconvoError, builtins.ConnectionError):  # noqa: A001 - the SDK's name for it; it is one, too
    """The connection failed or was refused.

    Attributes:
        message: What went wrong.
        terminal: Whether it stays down until something is done (a new token, a new client).
        http_status_code: Status of the refusal, or None for a failure of the socket.
        error_code: The service's own code, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        terminal: bool = False,
        http_status_code: int | None = None,
        error_code: int | None = None,
    ) -> None:
        self.message = message
        self.terminal = terminal
        self.http_status_code = http_status_code
        self.error_code = error_code
        super().__init__(message)


class DeniedError(ConnectionError):
    """The service refused the token. Only another token helps."""


class RequestError(RxconvoError):
    """A mutation or query did not succeed."""


class RejectedError(RequestError):
    """The service answered and refused. Nothing was changed; the next subscription is a new request.

    Attributes:
        status: HTTP status, 4xx.
        code: The service's own code, or None.
        body: The decoded body of the answer, or None.
    """

    def __init__(self, status: int, code: int | None, message: str, body: Any = None) -> None:
        self.status = status
        self.code = code
        self.body = body
        super().__init__(f"{message} (status {status}, code {code})")


class NotFoundError(RejectedError):
    """There is no such thing, or none that this identity may see."""


class OutcomeUnknownError(RequestError):
    """No answer came: the mutation may or may not have been applied. Subscribing again resumes the same one.

    Attributes:
        retry_after: Seconds that the service asks to wait before that, None where it asks for nothing.
    """

    def __init__(self, message: str = "", *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class QueueFullError(OutcomeUnknownError):
    """Too many requests wait for the connection; this one was not sent.

    Attributes:
        limit: How many may wait.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} requests wait for the connection already")


class SyncError(RxconvoError):
    """A replicated object could not be opened or kept.

    Attributes:
        name: Unique name or sid of the object.
        status: HTTP status of the refusal, 0 if there was none.
        code: The service's own code, or None.
    """

    def __init__(self, name: str, status: int, code: int | None, message: str) -> None:
        self.name = name
        self.status = status
        self.code = code
        super().__init__(f"{name}: {message} (status {status}, code {code})")


class ObserverError(RxconvoError):
    """An observer raised while a value was delivered to it. `__cause__` is what it raised.

    Attributes:
        stream: Name of the stream that delivered the value.
    """

    def __init__(self, stream: str, cause: BaseException) -> None:
        self.stream = stream
        self.__cause__ = cause
        super().__init__(f"an observer of {stream} raised {cause!r}")


class SlowConsumerError(RxconvoError):
    """A bounded buffer overflowed before its consumer came back for the next item.

    Attributes:
        limit: How many items the buffer holds.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"more than {limit} items waited for a slow consumer")


class TooManyViewersError(RxconvoError):
    """A feed has as many viewers as it may have.

    Attributes:
        limit: How many.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} viewers watch already")


class AbortError(RxconvoError):
    """A signal aborted what was waited for. `__cause__` is the reason, if that is an exception.

    Attributes:
        reason: The signal's reason.
    """

    def __init__(self, reason: object = None) -> None:
        self.reason = reason
        if isinstance(reason, BaseException):
            self.__cause__ = reason
        super().__init__("the operation was aborted" if reason is None else f"the operation was aborted: {reason}")


class UnhandledEventError(RxconvoError):
    """The event `error` was emitted with something that cannot be raised, and had to be.

    Attributes:
        context: What it was emitted with; None if with nothing.
    """

    def __init__(self, context: object) -> None:
        self.context = context
        super().__init__(f"unhandled error ({_shown(context)})")


class DetachedError(RxconvoError):
    """A value was asked to act, but the client it came from is gone."""


class ClosedError(RxconvoError):
    """The client or service was shut down."""


class TokenError(RxconvoError):
    """An access token that the service refuses.

    Attributes:
        code: The code of the refusal, for example 20104 for an expired token.
        status: 401 or 403.
    """

    def __init__(self, code: int, message: str, *, status: int = 401) -> None:
        self.code = code
        self.status = status
        super().__init__(f"{message} (code {code})")


class StoreError(RxconvoError):
    """The service's storage failed or cannot be used."""


class StoreLockedError(StoreError):
    """Another process, or another event loop of this one, holds the store.

    Attributes:
        path: The store's file.

    Args:
        advice: What to do instead.
    """

    def __init__(self, path: str, *, advice: str = "connect to its rxconvo serve instead") -> None:
        self.path = path
        super().__init__(f"{path} is in use by another process or event loop; {advice}")


class RecordingError(RxconvoError):
    """A recording cannot be read or written.

    Attributes:
        path: The file.
        line: Number of the line that is wrong; None where it is the file as a whole.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        self.path = path
        self.line = line
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {reason}")


class MissingExtraError(RxconvoError, ImportError):
    """An optional dependency is not installed.

    Attributes:
        extra: The extra that brings it.
    """

    def __init__(self, extra: str, feature: str) -> None:
        self.extra = extra
        super().__init__(
            f"{feature} needs the extra {extra}: python -m pip install 'rxconvo[{extra}]', or '.[{extra}]' in a clone"
        )


def _shown(value: object) -> str:
    """Show *value* shortly enough for a message."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
