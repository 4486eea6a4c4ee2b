"""Rights: the exact matrix, and that everything asks for the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rxconvo.server import Relation, Right, Roles, ServerOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer, Scenario, World

M, C, V = Relation.MEMBER, Relation.CREATOR, Relation.VISITOR

MATRIX = {
    Right.LOOK_UP: {M, C, V},
    Right.READ: {M, C},
    Right.JOIN: {M, C, V},
    Right.LEAVE: {M},
    Right.ADD_PARTICIPANT: {M, C},
    Right.REMOVE_PARTICIPANT: {M, C},
    Right.EDIT_PARTICIPANT: {M, C},
    Right.EDIT_CONVERSATION: {M, C},
    Right.DELETE_CONVERSATION: {C},
    Right.SEND_MESSAGE: {M},
    Right.EDIT_OWN_MESSAGE: {M},
    Right.EDIT_ANY_MESSAGE: set(),
    Right.REMOVE_OWN_MESSAGE: {M},
    Right.REMOVE_ANY_MESSAGE: set(),
    Right.TYPE: {M},
    Right.SET_HORIZON: {M},
}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("relation", Relation)
def test_the_default_is_exactly_this(right: Right, relation: Relation) -> None:
    assert Roles().allow(frozenset({relation}), right) is (relation in MATRIX[right])


@pytest.mark.parametrize("right", Right)
def test_nothing_is_allowed_that_is_not_named(right: Right) -> None:
    assert not Roles().allow(frozenset(), right)
    assert not Roles(rights={}).allow(frozenset(Relation), right)


OPERATIONS: dict[Right, tuple[str, str, object]] = {
    Right.ADD_PARTICIPANT: ("POST", "Participants", {"identity": "carol"}),
    Right.REMOVE_PARTICIPANT: ("DELETE", "Participants/ada", None),
    Right.LEAVE: ("DELETE", "Participants/bob", None),
    Right.EDIT_PARTICIPANT: ("POST", "Participants/ada", {"attributes": "{}"}),
    Right.EDIT_CONVERSATION: ("POST", "", {"friendly_name": "x"}),
    Right.DELETE_CONVERSATION: ("DELETE", "", None),
    Right.SEND_MESSAGE: ("POST", "Messages", {"body": "x"}),
    Right.EDIT_OWN_MESSAGE: ("POST", "Messages/{own}", {"body": "x"}),
    Right.EDIT_ANY_MESSAGE: ("POST", "Messages/{other}", {"body": "x"}),
    Right.REMOVE_OWN_MESSAGE: ("DELETE", "Messages/{own}", None),
    Right.REMOVE_ANY_MESSAGE: ("DELETE", "Messages/{other}", None),
}


@pytest.mark.parametrize("right", OPERATIONS)
def test_each_operation_asks_for_its_right(right: Right, run_in_world: Callable[..., None]) -> None:
    everything = frozenset(Right)
    for rights, allowed in ((everything, True), (everything - {right}, False)):
        options = ServerOptions(roles=Roles(rights={M: rights, C: everything}))
        run_in_world(_member_tries(right, allowed=allowed), options)


def _member_tries(right: Right, *, allowed: bool) -> Scenario:
    async def scenario(world: World) -> None:
        ada = await world.peer("ada")
        sid = await world.create(ada)
        await world.join(ada, sid)
        await world.join(ada, sid, "bob")
        names = {"other": (await world.send(ada, sid)).body["sid"], "own": ""}
        bob = await world.peer("bob")
        if right in {Right.EDIT_OWN_MESSAGE, Right.REMOVE_OWN_MESSAGE}:
            names["own"] = (await world.send(bob, sid)).body["sid"]
        method, path, body = OPERATIONS[right]
        response = await bob.request(method, world.path(sid, *filter(None, [path.format_map(names)])), body)
        if allowed:
            assert response.status < 300, response
        else:
            assert (response.status, response.body["code"]) == (403, 50107)
            assert response.body["message"] == f"You may not {right.value}"

    return scenario


def test_a_role_that_may_not_look_sees_nothing(run_in_world: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        ada: Peer = await world.peer("ada")
        response = await ada.request("POST", f"{world.api}/Conversations", {})
        assert response.status == 404

    run_in_world(scenario, ServerOptions(roles=Roles(rights={})))


def test_creating_can_be_forbidden(run_in_world: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        ada = await world.peer("ada")
        response = await ada.request("POST", f"{world.api}/Conversations", {})
        assert (response.status, response.body["code"]) == (403, 50107)

    run_in_world(scenario, ServerOptions(roles=Roles(may_create=False)))


def test_changing_others_can_be_allowed(run_in_world: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        ada, _ = await world.peer("ada"), await world.peer("bob")
        response = await ada.request("POST", f"{world.api}/Users/bob", {"friendly_name": "x"})
        assert response.status == 200

    run_in_world(scenario, ServerOptions(roles=Roles(may_edit_any_user=True)))
