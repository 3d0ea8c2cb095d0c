"""The cases of `receiver-behaviour.md`, a module for each group, and the generated ones."""

from collections.abc import Collection
from difflib import get_close_matches

from hookwright_receiver.conformance.errors import BadOption
from hookwright_receiver.conformance.model import Case
from hookwright_receiver.conformance.registry import Group

from . import (
    concurrency,
    content_types,
    crosscutting,
    deduplication,
    encoding,
    generated,
    handlers,
    http_framing,
    json_text,
    keys,
    methods,
    payloads,
    signatures,
    sizes,
    slow_clients,
    tokens,
)

AUTHENTICATION = Group("A", "authentication", [*tokens.GROUP.cases, *signatures.GROUP.cases])

REPEATS = Group("D", keys.GROUP.title, [*deduplication.GROUP.cases, *keys.GROUP.cases])
AT_ONCE = Group("K", handlers.GROUP.title, [*concurrency.GROUP.cases, *handlers.GROUP.cases])

GROUPS = (
    payloads.GROUP,
    json_text.GROUP,
    encoding.GROUP,
    content_types.GROUP,
    methods.GROUP,
    sizes.GROUP,
    AUTHENTICATION,
    REPEATS,
    slow_clients.GROUP,
    AT_ONCE,
    http_framing.GROUP,
    crosscutting.GROUP,
    generated.GROUP,
)

CASES: tuple[Case, ...] = tuple(case for group in GROUPS for case in group.cases)


def select(cases: Collection[str] = (), groups: Collection[str] = ()) -> tuple[Case, ...]:
    """Return the cases with these ids and those of these groups; all, where nothing is named.

    Raises BadOption for a name that there is not.
    """
    ids = {name.upper() for name in cases}
    letters = {name.upper() for name in groups}
    known = {case.id for case in CASES}
    for name in ids - known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadOption(f"there is no case {name}{hint} (--list shows all of them)")
    known_letters = {group.letter for group in GROUPS}
    for name in letters - known_letters:
        raise BadOption(f"there is no group {name}: {', '.join(g.letter for g in GROUPS)}")
    if not ids and not letters:
        return CASES
    return tuple(case for case in CASES if case.id in ids or case.group in letters)
