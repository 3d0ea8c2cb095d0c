"""Grades a webhook receiver: every case of `receiver-behaviour.md`, over its own raw sockets.

>>> from hookwright_receiver.conformance import grade
>>> report = grade("http://127.0.0.1:8000/webhooks/joturl")  # doctest: +SKIP
"""

from .engine import CaseFinished, Engine, Event, Listener, RunFinished, RunStarted
from .errors import BadOption, NoEnvironment, Unreachable
from .grade import agrade, grade
from .groups import CASES, GROUPS, select
from .model import Case, Fault, Finding, Level, Report, Result, Verdict
from .patience import Patience

__all__ = [
    "CASES",
    "GROUPS",
    "BadOption",
    "Case",
    "CaseFinished",
    "Engine",
    "Event",
    "Fault",
    "Finding",
    "Level",
    "Listener",
    "NoEnvironment",
    "Patience",
    "Report",
    "Result",
    "RunFinished",
    "RunStarted",
    "Unreachable",
    "Verdict",
    "agrade",
    "grade",
    "select",
]
