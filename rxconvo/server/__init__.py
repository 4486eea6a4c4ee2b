"""The embedded service: a durable Conversations server behind any transport."""

from __future__ import annotations

from rxconvo.server.app import Server
from rxconvo.server.auth import Authority
from rxconvo.server.control import Control
from rxconvo.server.keys import Keys, keys_beside, load_keys, make_keys
from rxconvo.server.limits import TWILIO_LIMITS, Limits
from rxconvo.server.options import ServerOptions
from rxconvo.server.refusals import Refusal
from rxconvo.server.roles import Relation, Right, Roles
from rxconvo.server.roles_file import load_roles

__all__ = [
    "TWILIO_LIMITS",
    "Authority",
    "Control",
    "Keys",
    "Limits",
    "Refusal",
    "Relation",
    "Right",
    "Roles",
    "Server",
    "ServerOptions",
    "keys_beside",
    "load_keys",
    "load_roles",
    "make_keys",
]
