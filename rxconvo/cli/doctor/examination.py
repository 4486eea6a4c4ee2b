"""All checks, in the order in which one thing needs the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rxconvo.cli.doctor.address import Clock, check_address
from rxconvo.cli.doctor.finding import Finding
from rxconvo.cli.doctor.machine import check_machine
from rxconvo.cli.doctor.store import check_keys, check_store, keys_here
from rxconvo.cli.doctor.tokens import check_against_keys, check_token, refusal
from rxconvo.cli.failure import CommandError
from rxconvo.cli.upstream import Upstream, choose_upstream
from rxconvo.client import Environment
from rxconvo.errors import ArgumentError, DeniedError, RxconvoError

if TYPE_CHECKING:
    from rxconvo.types import Identity

__all__ = ["Patient", "examine"]

_WALL: Final = Environment().wall
_SOCKETS: Final = ("ws:", "wss:")


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be examined.

    Attributes:
        url: The service.
        token: A token for it, if there is one.
        identity: Whom to be, with a token that is made here.
        store: The store of a service on this machine.
        environ: The variables of the environment.
    """

    url: str
    token: str | None
    identity: Identity | None
    store: str
    environ: Mapping[str, str]


async def examine(patient: Patient, *, wall: Callable[[], datetime] = _WALL) -> AsyncIterator[Finding]:
    """Check everything, and yield what is found as it is.

    Args:
        patient: What is to be examined.
        wall: The time of day here.
    """
    for finding in check_machine():
        yield finding
    here = patient.url if patient.url.startswith("sqlite:") else patient.store
    try:
        for finding in check_store(here, wanted=here == patient.url):
            yield finding
            if finding.status == "fail" and here == patient.url:
                return
        sockets = patient.url.startswith(_SOCKETS)
        signs = True
        for finding in check_keys(here, patient.environ, needed=sockets and patient.identity is not None):
            signs = signs and finding.status != "fail"
            yield finding
    except RxconvoError as error:
        yield Finding("fail", "store", str(error), "name another --store")
        return
    clock = Clock()
    if sockets:
        async for finding in _address(patient.url, clock, wall):
            yield finding
            if finding.status == "fail" and finding.subject != "clock":
                return
    async for finding in _session(patient, clock, wall, signs=signs):
        yield finding


async def _address(url: str, clock: Clock, wall: Callable[[], datetime]) -> AsyncIterator[Finding]:
    try:
        async for finding in check_address(url, clock, wall=wall):
            yield finding
    except ArgumentError as error:
        yield Finding("fail", "address", str(error), "say ws://HOST:PORT or wss://HOST")


async def _session(
    patient: Patient, clock: Clock, wall: Callable[[], datetime], *, signs: bool
) -> AsyncIterator[Finding]:
    """Check the token, and whether the service lets in with it."""
    if patient.identity is not None and not signs:
        return  # there is none, and why was told with the keys
    try:
        upstream = choose_upstream(patient.url, patient.token, patient.identity, patient.store, environ=patient.environ)
    except ArgumentError as error:
        missing = error.field == "--token" and patient.token is None
        advice = (
            "give a --token, or --as IDENTITY beside the service's store, and it is checked, too" if missing else ""
        )
        yield Finding("warn", "token", "none was given", advice) if missing else Finding("fail", "url", str(error))
        return
    except CommandError as error:
        yield Finding("fail", "keys", str(error))
        return
    if upstream.token is not None:
        bad = False
        for finding in check_token(upstream.token, wall() + timedelta(seconds=clock.ahead or 0.0)):
            bad = bad or finding.status == "fail"
            yield finding
        keys = keys_here(patient.store, patient.environ)
        for finding in () if keys is None else check_against_keys(upstream.token, keys):
            yield finding
        if bad:
            return
    yield await _enter(upstream)


async def _enter(upstream: Upstream) -> Finding:
    try:
        async with upstream.connecting() as client:
            page = await client.get_subscribed_conversations()
            count = f"{len(page.items)}{' or more' if page.has_next_page else ''}"
            many = "" if count == "1" else "s"
            return Finding("ok", "service", f"lets {client.user.identity} in, who is in {count} conversation{many}")
    except DeniedError as error:
        return refusal(error.error_code, str(error))
    except RxconvoError as error:
        return Finding("fail", "service", str(error), "is it a service that speaks this protocol?")
