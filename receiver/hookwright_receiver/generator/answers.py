"""What the user decides about a project, and which decisions make sense together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hookwright_receiver.generator.errors import InvalidAnswer
from hookwright_receiver.generator.names import (
    MAX_NAME,
    event_fault,
    name_fault,
    package_name,
    pascal,
)
from hookwright_receiver.generator.stacks import STACKS, Stack
from hookwright_schemas import Contract, load_contract

AUTHS = ("token", "signature", "none")
SINKS = ("csv", "jsonl", "sql")
TOKEN_PARAMETER = "token"  # noqa: S105  the parameter's name, no secret

DEFAULT_STACK = "starlette"
DEFAULT_AUTH = "token"
OPERATIONS = ("/healthz", "/readyz", "/metrics")
MAX_PATH = 200
# The unreserved characters of RFC 3986: no router, shell or proxy gives one of them a meaning.
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user decides about a project; None is what a project has, or what a new one gets.

    `name`: the project's; a new one has the folder's. `stack`: a key of STACKS, DEFAULT_STACK for
    a new one. `auth`: how the sender is known, one of AUTHS; DEFAULT_AUTH for a new one. `sinks`:
    where events go besides the handlers, each one of SINKS; a new one has none. `path`: where the
    webhook is taken; `/webhooks/<contract>` for a new one. `contract`: the built-in one for a new
    one.
    """

    name: str | None = None
    stack: str | None = None
    auth: str | None = None
    sinks: tuple[str, ...] | None = None
    path: str | None = None
    contract: Contract | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """Answers that were found to make sense, every one of them filled in."""

    name: str
    package: str
    stack: Stack
    auth: str
    sinks: tuple[str, ...]
    path: str
    contract: Contract


def decide(answers: Answers, directory: Path, stacks: Mapping[str, Stack] = STACKS) -> Decisions:
    """Check the answers and fill in what was left open, from the folder's name and the contract.

    Raises InvalidAnswer, whose message names the option to change.
    """
    wanted = DEFAULT_STACK if answers.stack is None else answers.stack
    stack = stacks.get(wanted)
    if stack is None:
        raise InvalidAnswer(
            "stack", f"there is no stack {wanted!r}: use --stack {'|'.join(stacks)}"
        )
    auth = DEFAULT_AUTH if answers.auth is None else answers.auth
    if auth not in AUTHS:
        raise InvalidAnswer(
            "auth", f"{auth!r} is no way to know the sender: use --auth {'|'.join(AUTHS)}"
        )
    contract = answers.contract or load_contract()
    name = check_name(answers.name, directory, stack)
    decisions = Decisions(
        name=name,
        package=package_name(name),
        stack=stack,
        auth=auth,
        sinks=check_sinks(answers.sinks or ()),
        path=check_path(f"/webhooks/{contract.name}" if answers.path is None else answers.path),
        contract=contract,
    )
    check_contract(decisions)
    return decisions


def check_name(name: str | None, directory: Path, stack: Stack) -> str:
    """Return the project's name; raise InvalidAnswer where no package can have it."""
    chosen = name if name is not None else directory.name
    fault = name_fault(chosen, stack.imports)
    if fault is None:
        return chosen
    origin = "the name" if name is not None else "the folder's name"
    shown = chosen if len(chosen) <= MAX_NAME else f"{chosen[:MAX_NAME]}..."
    raise InvalidAnswer("name", f"{origin} {shown!r} {fault}: choose another with --name")


def check_sinks(sinks: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sinks once each, in the order of SINKS; `none` stands for no sink at all."""
    given = set(sinks)
    unknown = sorted(given - {*SINKS, "none"})
    if unknown:
        raise InvalidAnswer(
            "sink", f"there is no sink {unknown[0]!r}: use --sink {'|'.join(('none', *SINKS))}"
        )
    if "none" in given and len(given) > 1:
        raise InvalidAnswer("sink", "--sink none cannot stand beside another sink: leave it out")
    return tuple(sink for sink in SINKS if sink in given)


def check_path(path: str) -> str:
    """Return the path without a slash at its end; raise InvalidAnswer where no router takes it."""
    if not path.startswith("/"):
        raise InvalidAnswer("path", f"the path {path!r} must begin with a slash: --path /{path}")
    normal = path.rstrip("/")
    if not normal:
        raise InvalidAnswer("path", "the path cannot be / alone: use one like --path /webhooks")
    if len(normal) > MAX_PATH:
        raise InvalidAnswer(
            "path", f"the path is longer than {MAX_PATH} characters: shorten --path"
        )
    if not PATH.fullmatch(normal) or {".", ".."} & set(normal.split("/")):
        raise InvalidAnswer(
            "path",
            f"the path {path!r} must be plain segments, without spaces, query or escapes: "
            "use one like --path /webhooks/events",
        )
    if normal in OPERATIONS:
        raise InvalidAnswer(
            "path", f"the path {normal} is the receiver's own: choose another --path"
        )
    return normal


def check_contract(decisions: Decisions) -> None:
    """Raise InvalidAnswer where code cannot be generated from the contract."""
    contract = decisions.contract
    classes: dict[str, str] = {}
    for event in contract.events:
        fault = event_fault(event.id, decisions.stack.reserved)
        if fault is not None:
            raise InvalidAnswer(
                "contract", f"the event id {event.id!r} {fault}: rename it in contract.toml"
            )
        other = classes.setdefault(pascal(event.id), event.id)
        if other != event.id:
            raise InvalidAnswer(
                "contract",
                f"the events {other!r} and {event.id!r} would share the class {pascal(event.id)}: "
                "rename one of them in contract.toml",
            )
    if decisions.auth == "token" and TOKEN_PARAMETER in contract.reserved:
        raise InvalidAnswer(
            "auth",
            f"the contract documents a field named {TOKEN_PARAMETER!r}, so it cannot be the "
            "parameter that names the sender: use --auth signature",
        )
