"""What receivers stored and handled, held against what their senders were told."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .load import MARKER, Load
from .receivers import Receiver, notes

# A handler that was killed runs again when its lease has ended, 10 s after it was taken.
HANDLED_WITHIN = 60.0
# What a kill in the middle of an append leaves; the sinks move such a record away.
TORN_LINE = '{"message_id": 1, "ev'
TORN_ROW = '1,"2024-'


def check(load: Load, receiver: Receiver) -> None:
    """Hold the inbox, the handlers' notes and the tables against what was acknowledged."""
    inbox = receiver.settled(within=HANDLED_WITHIN)
    assert {message["status"] for message in inbox} == {"done"}
    stored = marked(message["parameters"] for message in inbox)
    # Every message that was begun was acknowledged in the end, so nothing else is there.
    assert stored == Counter(load.acknowledged)
    assert set(marked(note["parameters"] for note in notes(receiver.folder))) == load.acknowledged
    assert effects(receiver) == stored


def check_files(load: Load, folder: Path) -> None:
    """Hold the files of the sinks against it: each message is there, in whole lines."""
    assert set(in_lines(folder / "received" / "events.jsonl")) == load.acknowledged
    assert set(in_rows(folder / "received")) == load.acknowledged


def effects(receiver: Receiver) -> Counter[str]:
    """Return how often each message is in the tables of the sink `sql`."""
    rows = [
        parameters
        for event in receiver.project.contract.events
        for (parameters,) in receiver.query(f'SELECT parameters FROM "received_{event.id}"')
    ]
    return marked(map(json.loads, rows))


def in_lines(file: Path) -> Counter[str]:
    """Return how often each message is in a file of JSON lines, every one of them whole."""
    text = file.read_text()
    assert text.endswith("\n")
    return marked(json.loads(line)["parameters"] for line in text.splitlines())


def in_rows(folder: Path) -> Counter[str]:
    """Return how often each message is in the CSV files, every row of them whole."""
    found: Counter[str] = Counter()
    for file in folder.glob("*.csv"):
        text = file.read_bytes().decode()
        assert text.endswith("\r\n")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert {len(row) for row in rows} == {len(header)}
        found += marked(json.loads(row[header.index("parameters")]) for row in rows)
    return found


def marked(parameters: Iterable[dict[str, str]]) -> Counter[str]:
    """Count messages by the marker that each was sent with."""
    return Counter(each[MARKER] for each in parameters)
