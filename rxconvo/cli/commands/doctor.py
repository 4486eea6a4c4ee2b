"""`rxconvo doctor`."""

from __future__ import annotations

import os

import typer

from rxconvo.cli.doctor import Finding, Patient, examine, show, verdict
from rxconvo.cli.options import DEFAULT_STORE, DEFAULT_URL, As, Keys, Token, Url
from rxconvo.cli.running import run
from rxconvo.cli.terminal import stdout

__all__ = ["doctor"]


def doctor(
    *,
    url: Url = DEFAULT_URL,
    token: Token = None,
    identity: As = None,
    store: Keys = DEFAULT_STORE,
) -> None:
    """Find out why it does not work, and what to do.

    Checks this machine, the store and its keys, the address, TLS, the clock, the token, and whether the service lets
    in with it. Nothing is changed. Exits with 1 if anything fails.

    Example: rxconvo doctor --as ada

    Example: rxconvo token ada | rxconvo doctor --token - --url wss://chat.example
    """
    patient = Patient(url=url, token=token, identity=identity, store=store, environ=os.environ)
    findings = run(_examined(patient))
    raise typer.Exit(1 if any(finding.status == "fail" for finding in findings) else 0)


async def _examined(patient: Patient) -> list[Finding]:
    console, findings = stdout(), list[Finding]()
    async for finding in examine(patient):
        findings.append(finding)
        console.print(show(finding, plainly=not console.is_terminal))
    console.print(f"\n{verdict(findings)}")
    return findings
