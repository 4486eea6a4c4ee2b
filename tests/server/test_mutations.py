"""Mutations that come twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.testing.loop import advance

if TYPE_CHECKING:
    from tests.server.conftest import World

KEY = "X-Twilio-Mutation-Id"


async def test_a_repeated_mutation_happens_once_and_is_answered_alike(world: World) -> None:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    await world.join(ada, sid)
    await ada.watch(sid)
    first = await ada.request("POST", world.path(sid, "Messages"), {"body": "one"}, headers={KEY: "m1"})
    ada.forget()
    await advance(23 * 3600)
    again = await world.peer("ada")
    second = await again.request("POST", world.path(sid, "Messages"), {"body": "one"}, headers={KEY.lower(): "m1"})
    assert (second.status, second.body) == (first.status, first.body) == (201, first.body)
    third = await again.request("POST", world.path(sid, "Messages"), {"body": "two"}, headers={KEY: "m2"})
    assert third.body["index"] == 1


async def test_a_repeated_removal_is_answered_alike(world: World) -> None:
    ada = await world.peer("ada")
    sid = await world.create(ada)
    for _ in range(2):
        response = await ada.request("DELETE", world.path(sid), b"{}", headers={KEY: "m1"})
        assert response.status == 204
    assert (await ada.request("DELETE", world.path(sid), b"{}", headers={KEY: "m2"})).status == 404


async def test_ids_of_different_identities_do_not_meet(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    first = await ada.request("POST", f"{world.api}/Conversations", {}, headers={KEY: "m1"})
    second = await bob.request("POST", f"{world.api}/Conversations", {}, headers={KEY: "m1"})
    assert first.body["sid"] != second.body["sid"]


async def test_a_refusal_is_not_kept(world: World) -> None:
    ada, bob = await world.peer("ada"), await world.peer("bob")
    sid = await world.create(ada)
    body = {"body": "x"}
    assert (await bob.request("POST", world.path(sid, "Messages"), body, headers={KEY: "m1"})).status == 404
    await world.join(ada, sid, "bob")
    assert (await bob.request("POST", world.path(sid, "Messages"), body, headers={KEY: "m1"})).status == 201


async def test_results_go_after_a_day(world: World) -> None:
    ada = await world.peer("ada")
    first = await ada.request("POST", f"{world.api}/Conversations", {}, headers={KEY: "m1"})
    await advance(25 * 3600)
    ada = await world.peer("ada")
    await ada.request("POST", f"{world.api}/Conversations", {}, headers={KEY: "m2"})
    second = await ada.request("POST", f"{world.api}/Conversations", {}, headers={KEY: "m1"})
    assert first.body["sid"] != second.body["sid"]


async def test_an_id_has_a_limit(world: World) -> None:
    ada = await world.peer("ada")
    for key in ("", "x" * 129):
        response = await ada.request("POST", f"{world.api}/Conversations", {}, headers={KEY: key})
        assert response.status == 400
        assert KEY in response.body["message"]
