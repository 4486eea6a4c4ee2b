"""Findings as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rxconvo.cli.doctor.finding import Finding
from rxconvo.cli.text import one_line

__all__ = ["show", "verdict"]

_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def show(finding: Finding, *, plainly: bool) -> RenderableType:
    """Draw a finding: status, subject, what it is, and below that what to do.

    Args:
        finding: What was found.
        plainly: Whether lines are not to be wrapped.
    """
    if plainly:
        advice = f"\n{'':<17}→ {one_line(finding.advice)}" if finding.advice else ""
        return Text(f"{finding.status:<4}  {finding.subject:<9}  {one_line(finding.told)}{advice}")
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(width=4)
    row.add_column(width=9, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(finding.status, _STYLES[finding.status]), Text(finding.subject), Text(one_line(finding.told)))
    if finding.advice:
        style = "dim" if finding.status == "ok" else ""
        row.add_row("", "", Text.assemble(("→ ", _STYLES[finding.status]), (one_line(finding.advice), style)))
    return row


def verdict(findings: Sequence[Finding]) -> str:
    """Sum up in a line.

    Args:
        findings: All that was found.
    """
    failures = sum(finding.status == "fail" for finding in findings)
    warnings = sum(finding.status == "warn" for finding in findings)
    if failures:
        return f"{failures} {'thing fails' if failures == 1 else 'things fail'}"
    if warnings:
        return f"nothing fails; {warnings} {'thing is' if warnings == 1 else 'things are'} to be looked at"
    return "all is well"
