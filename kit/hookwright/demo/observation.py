"""What a receiver really holds: its inbox, and the rows of its sink."""

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote

from hookwright.demo.delivery import marker
from hookwright.demo.receiver import Receiver
from hookwright.demo.served import POLL
from hookwright_schemas import Contract

# Seconds that handlers, which do next to nothing here, may take.
HANDLED = 10.0
DATABASE = "inbox.db"
BUSY = 5.0
# A message whose key is the sender's `webhook-id`.
HEADER = "header:"
UNCHANGING = ("id", "key", "event", "received_at", "payload", "parameters")


@dataclass(frozen=True)
class Seen:
    """How often one message is in the inbox, is done there, and is in the sink's table."""

    stored: int = 0
    done: int = 0
    effects: int = 0

    @property
    def handled(self) -> int:
        """How often it was handled: an effect counts when the inbox says that it is done."""
        return self.effects if self.done else 0


@dataclass(frozen=True)
class Stored:
    """A message of the inbox: its row, whose it is, what never changes of it, how far it is."""

    row: int
    message_id: str | None
    content: str
    status: str


@dataclass(frozen=True)
class Reading:
    """The messages of the inbox, and how often each one is in the sink's table.

    `trouble` says why nothing could be read.
    """

    messages: tuple[Stored, ...] = ()
    effects: Counter[str | None] = field(default_factory=Counter)
    trouble: str | None = None

    @property
    def is_settled(self) -> bool:
        """Tell whether no message waits for its handler."""
        return self.trouble is None and all(found.status != "pending" for found in self.messages)

    def of(self, message_id: str) -> Seen:
        """Return what is there of one message."""
        found = [stored.status for stored in self.messages if stored.message_id == message_id]
        return Seen(len(found), found.count("done"), self.effects[message_id])

    def keeps(self, earlier: "Reading") -> int:
        """Return how many messages of an earlier reading are there, and done if they were."""
        now = {message.content: message.status for message in self.messages}
        # A message that was not done may have got on since.
        return sum(
            now.get(message.content) == "done"
            if message.status == "done"
            else message.content in now
            for message in earlier.messages
        )


async def settled(receiver: Receiver, contract: Contract, within: float = HANDLED) -> Reading:
    """Read until no message waits for its handler, or `within` seconds are over."""
    deadline = time.monotonic() + within
    while True:
        reading = await read(receiver, contract)
        if reading.is_settled or time.monotonic() > deadline:
            return reading
        await asyncio.sleep(POLL)


async def read(receiver: Receiver, contract: Contract) -> Reading:
    """Ask the project for its inbox, and the database for what the sink has written."""
    listed = await receiver.command("inbox", "list", "--json")
    if listed.returncode != 0:
        lines = listed.stderr.decode("utf-8", "replace").strip().splitlines()
        return Reading(trouble=f"its inbox cannot be read: {lines[-1] if lines else 'no reason'}")
    name = marker(contract)
    try:
        messages = tuple(_stored(line, name) for line in listed.stdout.splitlines())
        owners = {message.row: message.message_id for message in messages}
        effects = Counter(owners.get(row) for row in _rows(receiver, contract))
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        return Reading(trouble=f"`inbox list --json` says what was not to be expected: {error}")
    except sqlite3.Error as error:
        return Reading(trouble=f"its sink cannot be read: {error}")
    return Reading(messages, effects)


def _stored(line: bytes, name: str) -> Stored:
    message = json.loads(line)
    content = json.dumps([message[part] for part in UNCHANGING])
    # What the platform sends is told by its id alone.
    marked = message["parameters"].get(name)
    message_id = marked or (message["key"] or "").removeprefix(HEADER) or None
    return Stored(message["id"], message_id, content, message["status"])


def _rows(receiver: Receiver, contract: Contract) -> Iterable[int]:
    """Return of every row of the sink which message of the inbox it is the effect of."""
    file = quote(str(receiver.project.directory / DATABASE))
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=BUSY)) as database:
        return [
            message_id
            for event in contract.events
            for (message_id,) in database.execute(
                f'SELECT message_id FROM "received_{event.id}"'  # noqa: S608  ids are identifiers
            )
        ]
