"""The contract inside a generated project: schemas, samples and what tells the events apart."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from hookwright_receiver.generator.errors import InvalidAnswer
from hookwright_receiver.generator.filters import pointer_parts
from hookwright_schemas import Contract, EventDefinition


def vendored(contract: Contract) -> dict[PurePosixPath, bytes]:
    """Return the files of the folder `schemas`: two descriptions, a schema an event, the samples.

    `contract.json` is what the receiver reads. With `contract.toml` the folder is one that
    `load_contract` takes, so that a project carries its contract with it. A sample holds the exact
    bytes that the sender writes. Raises InvalidAnswer where two samples have one name.
    """
    files = {
        PurePosixPath("contract.json"): _document(_describe(contract)),
        PurePosixPath("contract.toml"): "".join(_manifest(contract)).encode(),
    }
    for event in contract.events:
        files[PurePosixPath(_schema_name(event))] = _document(event.schema)
        for sample in event.samples:
            path = PurePosixPath("samples", f"{sample.name}.json")
            if path in files:
                raise InvalidAnswer(
                    "contract", f"two samples are called {sample.name!r}: rename one of the files"
                )
            files[path] = contract.encode(sample.payload)
    return files


def copy_digest(files: Mapping[PurePosixPath, bytes]) -> str:
    """Return one hash over all that `vendored` returned, in the form of `Contract.digest`."""
    content = {str(path): hashlib.sha256(content).hexdigest() for path, content in files.items()}
    return f"sha256:{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}"


def _describe(contract: Contract) -> dict[str, object]:
    classification = contract.classification
    return {
        "name": contract.name,
        "version": contract.version,
        "digest": contract.digest,
        "identity": contract.identity,
        "classification": {
            "by": classification.by,
            "header": classification.header,
            "pointer": classification.pointer,
        },
        "idempotency": {"header": contract.idempotency_header},
        "events": [
            {
                "id": event.id,
                "title": event.title,
                "schema": _schema_name(event),
                "fields": [field.name for field in event.fields],
                "present": list(event.present),
                "absent": list(event.absent),
                "value": event.value,
                "identifier": pointer_parts(event.idempotency_pointer or "") or None,
            }
            for event in contract.events
        ],
    }


def _manifest(contract: Contract) -> Iterator[str]:
    """Yield the lines of `contract.toml`; cases are for who keeps the contract, and stay there."""
    yield "# The contract, as hookwright reads it: `--contract` takes this folder.\n"
    for key in ("name", "version", "title", "encoding"):
        yield _line(key, getattr(contract, key))
    classification = contract.classification
    yield "\n[classification]\n"
    yield _line("by", classification.by)
    yield _line("header", classification.header)
    yield _line("pointer", classification.pointer)
    if contract.idempotency_header:
        yield "\n[idempotency]\n"
        yield _line("header", contract.idempotency_header)
    for event in contract.events:
        yield "\n[[events]]\n"
        for key in ("id", "command", "title", "description"):
            yield _line(key, getattr(event, key))
        yield _line("schema", _schema_name(event))
        yield _line("samples", [f"samples/{sample.name}.json" for sample in event.samples])
        yield _line("present", list(event.present))
        yield _line("absent", list(event.absent))
        yield _line("value", event.value)
        yield _line("idempotency_pointer", event.idempotency_pointer)


def _line(key: str, value: str | list[str] | None) -> str:
    if not value:
        return ""
    # A contract's texts are printable and on one line: TOML reads such as JSON does.
    return f"{key} = {json.dumps(value, ensure_ascii=False)}\n"


def _schema_name(event: EventDefinition) -> str:
    return f"{event.id}.schema.json"


def _document(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
