"""Metrics as Prometheus reads them, and health."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry, Counter, Metric
from prometheus_client.parser import text_string_to_metric_families

from rxconvo import Client, Service
from rxconvo.errors import ArgumentError, MissingExtraError
from rxconvo.integrations.metrics import ClientCollector, health, metrics
from rxconvo.operators import bounded_buffer, probe
from rxconvo.testing import World, settle


async def ask(handler: Any, accept: str = "") -> web.Response:
    response = await handler(make_mocked_request("GET", "/", headers={"Accept": accept}))
    assert isinstance(response, web.Response)
    return response


async def read(handler: Any) -> dict[str, Metric]:
    """Ask, and parse the answer as Prometheus does."""
    response = await ask(handler)
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert isinstance(response.body, bytes)
    return {family.name: family for family in text_string_to_metric_families(response.body.decode())}


def values(family: Metric) -> dict[tuple[str, ...], float]:
    order = ("client", "state", "scope", "stream", "conversation")
    return {
        tuple(sample.labels[label] for label in order if label in sample.labels): sample.value
        for sample in family.samples
    }


async def test_a_client() -> None:
    async with Service() as service, service.client("ada") as ada:
        handler = metrics(ada)
        lunch = await ada.create_conversation()
        await lunch.join()
        lunch.messages.subscribe(print)
        ada.messages.pipe(probe("here")).subscribe(print)
        await ada.messages.opened
        await read(handler)
        await lunch.send_message("pizza?")
        families = await read(handler)
        assert {name: family.type for name, family in families.items()} == {
            "rxconvo_connection_state": "gauge",
            "rxconvo_streams": "gauge",
            "rxconvo_stream_observers": "gauge",
            "rxconvo_stream_items": "counter",
            "rxconvo_stream_drops": "counter",
            "rxconvo_stream_failed": "gauge",
            "rxconvo_stream_lag_seconds": "gauge",
        }
        states = values(families["rxconvo_connection_state"])
        assert {state for state, value in states.items() if value} == {("connected",)}
        assert ("disconnected",) in states
        assert values(families["rxconvo_stream_items"])["conversation", "messages"] == 1
        assert values(families["rxconvo_stream_items"])["client", "messages"] == 1
        assert values(families["rxconvo_stream_observers"])["conversation", "messages"] == 1
        assert values(families["rxconvo_streams"])["conversation", "messages"] == 1
        assert values(families["rxconvo_stream_lag_seconds"]) == {("client", "here"): 0.0}
        assert set(values(families["rxconvo_stream_failed"]).values()) == {0.0}


async def test_it_counts_from_the_beginning() -> None:
    async with Service() as service, service.client("ada") as ada:
        lunch = await ada.create_conversation()
        await lunch.join()
        handler = metrics(ada)
        heard: list[object] = []
        ada.messages.added.subscribe(heard.append)
        await ada.messages.opened
        await lunch.send_message("pizza?")
        await settle()
        assert len(heard) == 1
        families = await read(handler)
        assert values(families["rxconvo_stream_items"])["client", "messages"] == 1
        assert values(families["rxconvo_stream_observers"])["client", "messages.added"] == 1
        assert ("client", "messages.added") not in values(families["rxconvo_stream_items"]), "it is in messages"


async def test_labels_are_bounded_unless_each_conversation_is_asked_for() -> None:
    async with Service() as service, service.client("ada") as ada:
        conversations = [await ada.create_conversation() for _ in range(3)]
        for conversation in conversations:
            await conversation.join()
            conversation.typing.subscribe(print)
        together = values((await read(metrics(ada)))["rxconvo_streams"])
        assert together["conversation", "typing"] == 3
        assert not any("CH" in label for labels in together for label in labels)
        alone = values((await read(metrics(ada, per_conversation=True)))["rxconvo_streams"])
        assert {labels[2] for labels in alone if labels[:2] == ("conversation", "typing")} == {
            conversation.sid for conversation in conversations
        }
        assert alone["client", "errors", ""] == 1


async def test_counters_never_fall_when_conversations_go() -> None:
    async with Service() as service, service.client("ada") as ada:
        handler = metrics(ada)
        each = metrics(ada, per_conversation=True)
        for expected in (2.0, 4.0):
            lunch = await ada.create_conversation()
            await lunch.join()
            lunch.messages.subscribe(print)
            await lunch.messages.opened
            await read(handler)
            for body in ("pizza?", "sushi!"):
                await lunch.send_message(body)
            counted = values((await read(handler))["rxconvo_stream_items"])
            assert counted["conversation", "messages"] == expected
            assert values((await read(each))["rxconvo_stream_items"])["conversation", "messages", lunch.sid] == 2.0
            await lunch.delete()
            families = await read(each)
            assert not any(lunch.sid in labels for labels in values(families["rxconvo_stream_items"]))
            await read(handler)


def fail(_: object) -> None:
    raise ValueError


async def test_failures_and_drops_are_told() -> None:
    async with Service() as service, service.client("ada") as ada:
        handler = metrics(ada)
        lunch = await ada.create_conversation()
        await lunch.join()
        ada.errors.subscribe(lambda _: None)
        lunch.messages.subscribe(fail)
        slow = lunch.messages.added.pipe(bounded_buffer(1, "drop_oldest", every=100, name="slow")).subscribe(print)
        await lunch.messages.opened
        for body in "abcd":
            await lunch.send_message(body)
        families = await read(handler)
        assert values(families["rxconvo_stream_failed"])["conversation", "messages"] == 1
        assert values(families["rxconvo_stream_drops"])["client", "slow"] == 2
        slow.dispose()


async def test_several_clients_have_names() -> None:
    async with Service() as service, service.client("ada") as ada, service.client("bob") as bob:
        clients = {"ada": ada}
        handler = metrics(clients)
        assert {labels[0] for labels in values((await read(handler))["rxconvo_streams"])} == {"ada"}
        clients["bob"] = bob
        assert {labels[0] for labels in values((await read(handler))["rxconvo_streams"])} == {"ada", "bob"}


async def test_an_application_has_metrics_of_its_own() -> None:
    async with Service() as service, service.client("ada") as ada:
        registry = CollectorRegistry(auto_describe=True)
        Counter("lunches", "Lunches.", registry=registry).inc()
        families = await read(metrics(ada, registry=registry))
        assert values(families["lunches"]) == {(): 1.0}
        assert "rxconvo_streams" in families


async def test_other_formats_are_chosen_by_the_one_who_asks() -> None:
    async with Service() as service, service.client("ada") as ada:
        response = await ask(metrics(ada), "application/openmetrics-text; version=1.0.0")
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
        assert isinstance(response.body, bytes)
        assert response.body.endswith(b"# EOF\n")


class TestHealth:
    async def test_it_follows_the_connection(self, rxconvo_world: World) -> None:
        ada, bob = await rxconvo_world.clients("ada", "bob")
        one, both = health(ada), health({"ada": ada, "bob": bob})
        assert [(await ask(handler)).status for handler in (one, both)] == [200, 200]
        await ada.shutdown()
        await settle()
        response = await ask(one)
        assert (response.status, response.text) == (503, '{"state": "disconnected"}')
        assert response.headers["Cache-Control"] == "no-store"
        response = await ask(both)
        assert response.status == 503
        assert response.text == '{"state": "disconnected", "clients": {"ada": "disconnected", "bob": "connected"}}'

    async def test_nobody_is_well(self) -> None:
        clients: dict[str, Client] = {}
        assert (await ask(health(clients))).status == 200


@pytest.mark.parametrize("clients", [None, "ada", {"ada": 1}, {1: 1}, []])
def test_what_are_no_clients(clients: Any) -> None:
    for make in (metrics, health, ClientCollector):
        with pytest.raises(ArgumentError, match="clients must be"):
            make(clients)


async def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    clients: dict[str, Client] = {}
    with pytest.raises(MissingExtraError, match=r"rxconvo\[metrics\]") as caught:
        metrics(clients)
    assert "\n" not in str(caught.value)
    assert (await ask(health(clients))).status == 200
