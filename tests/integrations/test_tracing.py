"""Spans of mutations, as the SDK exports them."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, cast

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rxconvo import MissingExtraError, OutcomeUnknownError, RejectedError, Service
from rxconvo.errors import ArgumentError
from rxconvo.integrations.tracing import trace_mutations
from rxconvo.testing import World


class Spans:
    """What a tracer has recorded."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("test")

    def __getitem__(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == f"rxconvo {name}"]

    @property
    def names(self) -> list[str]:
        return [span.name for span in self._exporter.get_finished_spans()]


@pytest.fixture
def spans() -> Spans:
    return Spans()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_each_mutation_is_a_span(spans: Spans) -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        tracing = trace_mutations(ada, spans.tracer)
        lunch = await ada.create_conversation()
        await lunch.join()
        await lunch.add("bob")
        await lunch.send_message("the secret")
        await lunch.get_messages()  # a query
        await (await bob.get_conversation_by_sid(lunch.sid)).send_message("his own")
        await ada.update_user_friendly_name(ada.user, "Ada")
        tracing.dispose()
        await lunch.send_message("after")
        names = ["create_conversation", "join", "add", "send_message", "update_user_friendly_name"]
        assert spans.names == [f"rxconvo {name}" for name in names]
        (sent,) = spans["send_message"]
        assert sent.kind is trace.SpanKind.CLIENT
        assert sent.status.is_ok
        assert "secret" not in sent.to_json()
        assert attributes(sent) == {
            "rxconvo.mutation.id": attributes(sent)["rxconvo.mutation.id"],
            "rxconvo.mutation.attempt": 1,
            "rxconvo.mutation.resumed": False,
            "rxconvo.mutation.outcome": "answered",
            "rxconvo.conversation.sid": lunch.sid,
        }
        assert "rxconvo.conversation.sid" not in attributes(spans["create_conversation"][0])


async def test_spans_are_children_of_the_one_who_awaits_or_subscribes(spans: Spans) -> None:
    async with Service() as service, service.client("ada") as ada:
        with trace_mutations(ada, spans.tracer):
            lunch = await ada.create_conversation()
            await lunch.join()
            with spans.tracer.start_as_current_span("request") as request:
                await lunch.send_message("awaited")
                done = asyncio.Event()
                lunch.send_message("subscribed").subscribe(on_completed=done.set)
                assert trace.get_current_span() is request
            await done.wait()
            assert [span.parent and span.parent.span_id for span in spans["send_message"]] == [
                request.get_span_context().span_id
            ] * 2
            assert spans["create_conversation"][0].parent is None
            assert trace.get_current_span() is trace.INVALID_SPAN


async def test_what_happens_within_an_attempt_is_within_its_span(spans: Spans) -> None:
    async with Service() as service, service.client("ada") as ada:
        with trace_mutations(ada, spans.tracer), trace_mutations(ada, spans.tracer):
            await ada.create_conversation()
        inner, outer = spans["create_conversation"]
        assert inner.parent is not None
        assert inner.parent.span_id == cast("Any", outer.context).span_id
        assert outer.parent is None


async def test_a_refusal(spans: Spans) -> None:
    async with Service() as service, service.client("ada") as ada:
        with trace_mutations(ada, spans.tracer):
            lunch = await ada.create_conversation()
            await lunch.join()
            with pytest.raises(RejectedError):
                await lunch.join()
    _, refused = spans["join"]
    assert not refused.status.is_ok
    assert attributes(refused)["rxconvo.mutation.outcome"] == "rejected"
    assert attributes(refused)["rxconvo.status"] == 409
    assert attributes(refused)["error.type"] == "RejectedError"


async def test_attempts_at_one_mutation_have_its_id(spans: Spans, rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    lunch = await ada.create_conversation()
    await lunch.join()
    with trace_mutations(ada, spans.tracer):
        mutation = lunch.send_message("once")
        for _ in range(2):
            task = asyncio.ensure_future(_awaited(mutation))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,))
        await mutation
        await mutation
    attempts = [attributes(span) for span in spans["send_message"]]
    assert [
        (each["rxconvo.mutation.attempt"], each["rxconvo.mutation.resumed"], each["rxconvo.mutation.outcome"])
        for each in attempts
    ] == [(1, False, "cancelled"), (2, True, "cancelled"), (3, True, "answered"), (1, False, "answered")]
    first, second, third, fourth = (each["rxconvo.mutation.id"] for each in attempts)
    assert first == second == third != fourth


async def _awaited(mutation: Any) -> object:
    return await mutation


async def test_one_begun_elsewhere_is_resumed(spans: Spans) -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.join()
        with trace_mutations(ada, spans.tracer):
            await lunch.send_message("once").resume("from-before")
        (span,) = spans["send_message"]
        assert attributes(span)["rxconvo.mutation.id"] == "from-before"
        assert attributes(span)["rxconvo.mutation.attempt"] == 1
        assert attributes(span)["rxconvo.mutation.resumed"] is True


async def test_what_is_not_answered_is_unknown(spans: Spans, rxconvo_world: World) -> None:
    (ada,) = await rxconvo_world.clients("ada")
    lunch = await ada.create_conversation()
    await lunch.join()
    with trace_mutations(ada, spans.tracer):
        rxconvo_world.memory_line("ada").cut()
        with pytest.raises(OutcomeUnknownError):
            await lunch.send_message("lost")
    (span,) = spans["send_message"]
    assert attributes(span)["rxconvo.mutation.outcome"] == "unknown"
    assert not span.status.is_ok


async def test_only_clients_are_traced() -> None:
    with pytest.raises(ArgumentError, match="client must be"):
        trace_mutations(cast("Any", "ada"))


async def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    async with Service() as service, service.client("ada") as ada:
        with pytest.raises(MissingExtraError, match=r"rxconvo\[otel\]") as caught:
            trace_mutations(ada)
        assert "\n" not in str(caught.value)
