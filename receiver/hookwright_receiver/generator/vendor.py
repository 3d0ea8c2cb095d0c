"""The contract inside a generated project: schemas, samples and what tells the events apart."""

import json
from pathlib import PurePosixPath

from hookwright_receiver.generator.errors import InvalidAnswer
from hookwright_schemas import Contract, EventDefinition


def vendored(contract: Contract) -> dict[PurePosixPath, bytes]:
    """Return the files of the folder `schemas`: `contract.json`, a schema an event, the samples.

    A sample holds the exact bytes that the sender writes. Raises InvalidAnswer where two samples
    have one name.
    """
    files = {PurePosixPath("contract.json"): _document(_describe(contract))}
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
                "idempotency_pointer": event.idempotency_pointer,
            }
            for event in contract.events
        ],
    }


def _schema_name(event: EventDefinition) -> str:
    return f"{event.id}.schema.json"


def _document(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
