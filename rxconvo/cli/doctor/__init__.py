"""`rxconvo doctor`: why it does not work, and what to do."""

from __future__ import annotations

from rxconvo.cli.doctor.examination import Patient, examine
from rxconvo.cli.doctor.finding import Finding, Status
from rxconvo.cli.doctor.showing import show, verdict

__all__ = ["Finding", "Patient", "Status", "examine", "show", "verdict"]
