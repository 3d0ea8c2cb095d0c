"""What a `contract.toml` says, checked by itself, before any file that it names is opened."""

import re
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, Final, Literal

from .classification import Classification
from .encoding import WIRE_ENCODERS
from .pointers import parts
from .table import Table

FILE: Final = "contract.toml"

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.]+)?")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_WAYS: Final[tuple[Literal["shape", "header", "pointer"], ...]] = ("shape", "header", "pointer")


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One table of `[[events]]`; `key` is where it stands."""

    key: str
    id: str
    command: str
    title: str
    description: str
    schema: str
    samples: tuple[str, ...]
    cases: str | None
    present: tuple[str, ...]
    absent: tuple[str, ...]
    value: str | None
    idempotency_pointer: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of a `contract.toml`."""

    name: str
    version: str
    title: str
    encoding: str
    classification: Classification
    idempotency_header: str | None
    events: tuple[EventEntry, ...]


def read_manifest(document: Any) -> Manifest:
    """Return what a parsed `contract.toml` says; raises `ContractError` with the key."""
    table = Table(document, FILE)
    name = _matching(table, "name", _NAME, "in lower case, like my-shop")
    version = _matching(table, "version", _VERSION, "like 1.0.0")
    title = table.text("title")
    encoding = table.text("encoding")
    if encoding not in WIRE_ENCODERS:
        raise table.error("encoding", f"must be one of {', '.join(WIRE_ENCODERS)}")
    classification = _classification(table)
    header = _idempotency_header(table)
    events = tuple(_event(each, classification) for each in table.tables("events"))
    table.finish()
    _refuse_twins(table, events)
    return Manifest(name, version, title, encoding, classification, header, events)


def _matching(table: Table, key: str, pattern: re.Pattern[str], like: str) -> str:
    text = table.text(key)
    if not pattern.fullmatch(text):
        raise table.error(key, f"must be a name {like}")
    return text


def _classification(table: Table) -> Classification:
    rule = table.table("classification")
    if rule is None:
        raise table.error("classification", "is missing: say how events are told apart")
    given = rule.value("by")
    by = next((way for way in _WAYS if way == given), None)
    if by is None:
        raise rule.error("by", f"must be one of {', '.join(_WAYS)}")
    header, pointer = rule.optional_text("header"), _pointer(rule, "pointer")
    for way, place in (("header", header), ("pointer", pointer)):
        if (way == by) != (place is not None):
            problem = f"is missing: events are told apart by {by}" if way == by else _not_by(by)
            raise rule.error(way, problem)
    if header is not None and not _HEADER.fullmatch(header):
        raise rule.error("header", "must be a header's name: letters, digits and `-`")
    rule.finish()
    return Classification(by, header, pointer)


def _not_by(by: str) -> str:
    return f"has no use, because events are told apart by {by}: remove it"


def _idempotency_header(table: Table) -> str | None:
    rule = table.table("idempotency")
    if rule is None:
        return None
    header = _matching(rule, "header", _HEADER, "of a header: letters, digits and `-`")
    rule.finish()
    return header


def _pointer(table: Table, key: str) -> str | None:
    text = table.optional_text(key)
    if text is None:
        return None
    try:
        parts(text)
    except ValueError:
        raise table.error(key, "must be a JSON Pointer, like /id") from None
    return text


def _event(table: Table, classification: Classification) -> EventEntry:
    identifier = _matching(table, "id", _ID, "in lower case with `_`, like order_paid")
    if iskeyword(identifier):
        raise table.error("id", "must not be a word of the Python language")
    entry = EventEntry(
        key=table.prefix,
        id=identifier,
        command=_matching(table, "command", _NAME, "in lower case, like order-paid"),
        title=table.text("title"),
        description=table.text("description"),
        schema=_inside(table, "schema", table.text("schema")),
        samples=tuple(_inside(table, "samples", path) for path in table.texts("samples")),
        cases=_optional_inside(table, "cases"),
        present=table.texts("present"),
        absent=table.texts("absent"),
        value=table.optional_text("value"),
        idempotency_pointer=_pointer(table, "idempotency_pointer"),
    )
    if not entry.samples:
        raise table.error("samples", "is missing: name at least one file with a documented message")
    _check_rule(table, entry, classification.by)
    table.finish()
    return entry


def _check_rule(table: Table, entry: EventEntry, by: str) -> None:
    if by == "shape":
        if not entry.present:
            raise table.error("present", "is missing: name the members that make this event")
        if entry.value is not None:
            raise table.error("value", _not_by(by))
        return
    if entry.value is None:
        raise table.error("value", f"is missing: events are told apart by {by}")
    for key, names in (("present", entry.present), ("absent", entry.absent)):
        if names:
            raise table.error(key, _not_by(by))


def _inside(table: Table, key: str, path: str) -> str:
    if path.startswith("/") or "\\" in path or ".." in path.split("/"):
        raise table.error(key, "must be a path inside the contract's folder")
    return path


def _optional_inside(table: Table, key: str) -> str | None:
    path = table.optional_text(key)
    return None if path is None else _inside(table, key, path)


def _refuse_twins(table: Table, events: tuple[EventEntry, ...]) -> None:
    taken: dict[tuple[str, str | None], EventEntry] = {}
    for event in events:
        # An id and a command name share one space: `event(name)` takes either.
        for space, key, text in (
            ("name", "id", event.id),
            ("name", "command", event.command),
            ("value", "value", event.value),
        ):
            owner = event if text is None else taken.setdefault((space, text), event)
            if owner is not event:
                raise table.error(f"{event.key}{key}", f"is taken by the event {owner.id}")
