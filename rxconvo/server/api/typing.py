"""Typing signals: passed on to the other participants, and kept nowhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from rxconvo.server.access import see
from rxconvo.server.api.conversations import require_open
from rxconvo.server.call import ok
from rxconvo.server.events import encode_typing
from rxconvo.server.refusals import bad_request
from rxconvo.server.roles import Right
from rxconvo.server.router import Route

if TYPE_CHECKING:
    from rxconvo.server.call import Answer, Call, Live
    from rxconvo.server.storage.base import Transaction
    from rxconvo.types import Identity, JSONInput

__all__ = ["ROUTES"]

_MAX_FIELDS = 10


def _type(tx: Transaction, call: Call) -> Answer:
    """Signal that the asker is typing. Source: Conversations, typing."""
    sight = see(tx, call, name=_conversation(call.payload))
    sight.require_member(Right.TYPE)
    require_open(tx, sight.conversation)
    others = [
        member.identity
        for member in tx.members(sight.conversation.sid)
        if member.identity is not None and member.identity != call.identity
    ]
    timeout = call.service.options.typing_timeout
    signal: dict[str, JSONInput] = {
        "channel_sid": sight.conversation.sid,
        "identity": call.identity,
        "typing_timeout": timeout + 1,  # the way there takes its time, too
    }
    call.effects.append(partial(_pass_on, call=call, others=others, signal=signal))
    return ok({"typing_timeout": timeout})


def _conversation(payload: bytes) -> str:
    """Read the conversation's sid from the form."""
    try:
        form = parse_qs(payload.decode(), strict_parsing=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        form = {}
    sids = form.get("ChannelSid", [])
    if len(sids) != 1:
        raise bad_request("ChannelSid", "the sid of a conversation, in a form")
    return sids[0]


def _pass_on(live: Live, *, call: Call, others: list[Identity], signal: dict[str, JSONInput]) -> None:
    """Send the signal to the live connections of the others."""
    present = [identity for identity in others if live.broker.of(identity)]
    if present:
        live.broker.notify(present, encode_typing(call.service, signal))


ROUTES = (Route("POST", "/v1/Instances/{service}/Typing", _type),)
