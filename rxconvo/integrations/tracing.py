"""Mutations as OpenTelemetry spans."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from reactivex.abc import DisposableBase

from rxconvo.client import Client
from rxconvo.errors import MissingExtraError, OutcomeUnknownError, RejectedError
from rxconvo.operators._arguments import check_kind
from rxconvo.streams import MutationAttempt
from rxconvo.version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from opentelemetry.util.types import AttributeValue

__all__ = ["trace_mutations"]

_OUTCOMES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (RejectedError, "rejected"),
    (OutcomeUnknownError, "unknown"),
    (asyncio.CancelledError, "cancelled"),
)


def trace_mutations(client: Client, tracer: Tracer | None = None) -> DisposableBase:
    """Make a span of each attempt at a mutation of a client.

    A span is named `rxconvo` and the method, and is a child of the span that whoever awaits the mutation, or subscribes
    to it, is in; several attempts at one mutation are several spans with the same mutation id. Their attributes:

    - `rxconvo.mutation.id`, `rxconvo.mutation.attempt` (from 1), `rxconvo.mutation.resumed`
    - `rxconvo.conversation.sid`, where it is about a conversation
    - `rxconvo.mutation.outcome`: `answered`, `rejected`, `unknown` (it may have been applied), `cancelled` or `failed`
    - `error.type`, and of a refusal `rxconvo.status` and `rxconvo.code`

    Bodies, identities and tokens are in none of them. Where no SDK is configured, spans cost next to nothing.

    Example:
        from rxconvo import Service
        from rxconvo.integrations.tracing import trace_mutations

        async with Service() as service, service.client("ada") as ada:
            with trace_mutations(ada):
                await ada.create_conversation()

    Args:
        client: The client.
        tracer: What makes the spans; the global provider's by default.

    Returns:
        The subscription; spans that have begun before `dispose` end as they would.

    Raises:
        MissingExtraError: `opentelemetry-api` is not installed.
        ArgumentError: *client* is none.
    """
    check_kind("client", client, Client, "a Client")
    try:
        from opentelemetry import context, trace
    except ImportError as error:
        raise MissingExtraError("otel", "tracing") from error
    tracer = trace.get_tracer("rxconvo", __version__) if tracer is None else tracer

    def observe(attempt: MutationAttempt) -> Callable[[BaseException | None], None]:
        span = tracer.start_span(f"rxconvo {attempt.name}", kind=trace.SpanKind.CLIENT, attributes=_attributes(attempt))
        token = context.attach(trace.set_span_in_context(span))

        def end(error: BaseException | None) -> None:
            context.detach(token)
            span.set_attributes(_outcome(error))
            if error is not None:
                span.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))
            span.end()

        return end

    return client.observe_mutations(observe)


def _attributes(attempt: MutationAttempt) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "rxconvo.mutation.id": attempt.mutation_id,
        "rxconvo.mutation.attempt": attempt.number,
        "rxconvo.mutation.resumed": attempt.resumed,
    }
    if attempt.conversation_sid is not None:
        attributes["rxconvo.conversation.sid"] = attempt.conversation_sid
    return attributes


def _outcome(error: BaseException | None) -> dict[str, AttributeValue]:
    if error is None:
        return {"rxconvo.mutation.outcome": "answered"}
    outcome = next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), "failed")
    attributes: dict[str, AttributeValue] = {"rxconvo.mutation.outcome": outcome, "error.type": type(error).__name__}
    if isinstance(error, RejectedError):
        attributes["rxconvo.status"] = error.status
        if error.code is not None:
            attributes["rxconvo.code"] = error.code
    return attributes
