"""What a generated project says of itself in `.hookwright.json`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hookwright_receiver.conformance.errors import BadOption

RECORD = ".hookwright.json"


@dataclass(frozen=True, slots=True)
class Facts:
    """The answers that the project was generated from, and its contract."""

    folder: Path
    package: str
    stack: str
    auth: str
    sinks: tuple[str, ...]
    path: str
    contract_name: str
    contract_digest: str
    events: tuple[str, ...]


def read_facts(folder: Path) -> Facts:
    """Read them; raises BadOption where the folder is no generated project."""
    record = folder / RECORD
    try:
        document: dict[str, Any] = json.loads(record.read_text("utf-8"))
        answers, contract = document["answers"], document["contract"]
        package = str(answers["name"]).replace("-", "_")
        vendored = json.loads((folder / package / "schemas/contract.json").read_text("utf-8"))
        return Facts(
            folder=folder.resolve(),
            package=package,
            stack=answers["stack"],
            auth=answers["auth"],
            sinks=tuple(answers["sinks"]),
            path=answers["path"],
            contract_name=contract["name"],
            contract_digest=contract["digest"],
            events=tuple(event["id"] for event in vendored["events"]),
        )
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise BadOption(
            f"{folder} is no project of `hookwright new` ({missing} is missing): "
            "give its folder, or the URL of a receiver that runs"
        ) from None
    except OSError as error:
        raise BadOption(
            f"{folder} cannot be read ({error.strerror}): "
            "give a project's folder, or the URL of a receiver that runs"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadOption(f"{record} cannot be read ({error}): generate the project again") from None
