"""What is told about a request when it is over: in its answer, in the log, in the metrics."""

import re
import secrets
from dataclasses import dataclass

from starlette.types import Scope

HEADER = "x-request-id"
KEY = "hookwright.trace"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,128}")


@dataclass(slots=True)
class Trace:
    """One request. `operation` is empty until it is known; `status` is 0 until there is one."""

    request_id: str
    operation: str = ""
    account: int | None = None
    actor: str | None = None
    problem: str | None = None
    status: int = 0


def begun(scope: Scope) -> Trace:
    """Return the trace of a request that begins, under its own id if that is well-formed."""
    given = next((value for name, value in scope["headers"] if name == HEADER.encode()), b"")
    known = _WELL_FORMED.fullmatch(given) is not None
    trace = Trace(given.decode() if known else secrets.token_hex(16))
    scope[KEY] = trace
    return trace


def of(scope: Scope) -> Trace:
    """Return the trace of a request."""
    trace: Trace = scope[KEY]
    return trace
