"""Reads a contract from its folder; the built-in one lies beside this module."""

import tomllib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from .cases import Case, read_cases
from .contract import Contract
from .errors import ContractError, MalformedJSON
from .event import EventDefinition, Field, Sample
from .manifest import FILE, EventEntry, Manifest, read_manifest
from .portability import TYPES, check_schema
from .strict_json import parse_strict

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

BUILT_IN = "joturl"


def load_contract(folder: Path | str | None = None) -> Contract:
    """Return the contract in a folder, or the built-in one.

    The folder has a `contract.toml` and the files that it names. Everything about it is checked
    here, down to its samples, so that a contract that loads can be relied on; `ContractError`
    names the file and the key at fault.
    """
    return _built_in() if folder is None else _load(Path(folder), trusted=False)


@cache
def _built_in() -> Contract:
    from importlib.resources import files  # noqa: PLC0415  `hookwright --help` reads no contract

    # Its own tests check it; a user need not wait for that at every start.
    return _load(files(__package__) / BUILT_IN, trusted=True)


def _load(folder: "Traversable", *, trusted: bool) -> Contract:
    manifest = read_manifest(_toml(folder))
    schemas = {entry.id: _schema(folder, entry, trusted=trusted) for entry in manifest.events}
    fields = {entry.id: _fields(schemas[entry.id], entry.schema) for entry in manifest.events}
    owners: dict[str, tuple[str, ...]] = {}
    for event_id, documented in fields.items():
        for field in documented:
            owners[field.name] = (*owners.get(field.name, ()), event_id)
    contract = Contract(
        name=manifest.name,
        version=manifest.version,
        title=manifest.title,
        encoding=manifest.encoding,
        events=tuple(
            _event(folder, entry, schemas[entry.id], fields[entry.id], owners)
            for entry in manifest.events
        ),
        classification=manifest.classification,
        idempotency_header=manifest.idempotency_header,
    )
    if not trusted:
        _check_samples(contract, manifest)
    return contract


def _read(folder: "Traversable", name: str) -> bytes:
    try:
        return folder.joinpath(*PurePosixPath(name).parts).read_bytes()
    except FileNotFoundError:
        where = (
            f"{folder} has no file {name}" if folder.is_dir() else f"there is no folder {folder}"
        )
        raise ContractError(name, "", f"is missing: {where}") from None
    except OSError as error:
        raise ContractError(name, "", f"cannot be read: {error.strerror}") from None


def _toml(folder: "Traversable") -> Any:
    try:
        return tomllib.loads(_read(folder, FILE).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(FILE, "", f"is no TOML: {error}") from None


def _json(folder: "Traversable", name: str) -> Any:
    try:
        return parse_strict(_read(folder, name))
    except MalformedJSON as error:
        raise ContractError(name, "", str(error)) from None


def _schema(folder: "Traversable", entry: EventEntry, *, trusted: bool) -> dict[str, Any]:
    schema: dict[str, Any] = _json(folder, entry.schema)
    if not trusted:
        check_schema(schema, entry.schema)
        _check_meta_schema(schema, entry.schema)
    return schema


def _check_meta_schema(schema: dict[str, Any], file: str) -> None:
    import jsonschema_rs  # noqa: PLC0415  only a contract of the user's pays for it

    try:
        jsonschema_rs.meta.validate(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        path = ".".join(map(str, getattr(error, "instance_path", ())))
        reason = getattr(error, "message", "is not understood")
        raise ContractError(file, path, f"breaks the rules of JSON Schema: {reason}") from None


def _fields(schema: dict[str, Any], file: str) -> tuple[Field, ...]:
    """Return the documented members: those that are not forbidden, in the order of the file."""
    if schema.get("type") != "object":
        raise ContractError(file, "type", 'must be "object": a payload is one')
    required = schema.get("required", ())
    found = []
    for name, node in schema.get("properties", {}).items():
        if node == {"not": {}}:
            continue
        kind = node.get("type") if isinstance(node, dict) else None
        if not isinstance(kind, str) or kind not in TYPES:
            raise ContractError(
                file, f"properties.{name}.type", f"must be one of {', '.join(sorted(TYPES))}"
            )
        found.append(
            Field(
                name=name,
                title=node.get("title", name),
                description=node.get("description", ""),
                required=name in required,
                type=kind,
                examples=tuple(node.get("examples", ())),
            )
        )
    return tuple(found)


def _event(
    folder: "Traversable",
    entry: EventEntry,
    schema: dict[str, Any],
    fields: tuple[Field, ...],
    owners: dict[str, tuple[str, ...]],
) -> EventDefinition:
    samples = tuple(_sample(folder, name) for name in entry.samples)
    return EventDefinition(
        id=entry.id,
        command=entry.command,
        title=entry.title,
        description=entry.description,
        schema=schema,
        fields=fields,
        samples=samples,
        present=entry.present,
        absent=entry.absent,
        value=entry.value,
        idempotency_pointer=entry.idempotency_pointer,
        owners=owners,
        read_cases=_cases(folder, entry, samples[0]),
    )


def _sample(folder: "Traversable", name: str) -> Sample:
    payload = _json(folder, name)
    if not isinstance(payload, dict):
        raise ContractError(name, "", "must hold a JSON object")
    # The line end belongs to the file, not to the message.
    body = _read(folder, name).removesuffix(b"\n")
    return Sample(PurePosixPath(name).stem, payload, body)


def _cases(
    folder: "Traversable", entry: EventEntry, base: Sample
) -> Callable[[], tuple[Case, ...]]:
    if entry.cases is None:
        return tuple
    return partial(_read_cases, folder, entry.cases, base)


def _read_cases(folder: "Traversable", name: str, base: Sample) -> tuple[Case, ...]:
    return read_cases(_json(folder, name), base.payload, name)


def _check_samples(contract: Contract, manifest: Manifest) -> None:
    header = contract.classification.header
    for entry, event in zip(manifest.events, contract.events, strict=True):
        headers = {header: event.value} if header and event.value else {}
        for name, sample in zip(entry.samples, event.samples, strict=True):
            verdict = contract.check(sample.payload, headers)
            for violation in verdict.violations:
                raise ContractError(name, violation.pointer, violation.message)
            if verdict.event is not event:
                other = verdict.event.id if verdict.event else "no event"
                raise ContractError(name, "", f"has the shape of {other}, not of {event.id}")
            if entry.idempotency_pointer and not contract.idempotency_key(sample.payload, headers):
                key = f"{entry.key}idempotency_pointer"
                raise ContractError(FILE, key, f"leads to no text in {name}")
