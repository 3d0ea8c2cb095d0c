"""Nothing that a person entered can be read in the database's files, WAL included."""

import asyncio
import base64
import json
import os
from pathlib import Path

import pytest
from sqlalchemy import text

from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.platform.capture import Lead, Link
from hookwright_sender.platform.testing import WebhookTester

HOST = "hooks.example.com"
URL = f"https://{HOST}/needle-of-the-path?key=needle-of-the-query"
PARAMETERS = {"token": "needle-of-a-text", "pin": 918_273_645_546, "ä": "nädel"}
ENTERED = (
    "needle-of-the-path",
    "needle-of-the-query",
    "needle-of-a-text",
    "918273645546",
    "nädel",
    "needle@example.com",
    "Needle Smith",
    "needle-of-the-info",
    "needle-of-the-long-url",
    "needle-of-the-notes",
    "needle-of-the-tags",
    "needle-of-an-answer",
    "needle-of-a-key",
)


class Echo:
    """A transport to a receiver that answers with what it got."""

    async def attempt(self, url, headers, body):
        answer = json.dumps([url, headers]).encode() + body + b"needle-of-an-answer"
        return Attempt(Outcome.SUCCESS, 0.1, 200, {"x-echo": url}, answer, error=None)


def test_the_files_of_the_database_hold_nothing_that_was_entered(platform):
    """Not as it is, and not in another way of writing; what is public is found, as a check."""
    before = written(platform.database)
    account = platform.accounts.create("Findable Name")
    ada = platform.accounts.authenticate(account.key)
    known = [account.key, platform.accounts.issue_key(account.id).key]
    platform.prove(ada)
    cta, social, project = (
        platform.cta(ada),
        platform.cta(ada, "social_optin"),
        platform.project(ada),
    )
    known += [platform.set(ada, owner, URL, PARAMETERS).secret for owner in (cta, social, project)]
    platform.set(ada, cta, URL, {"token": {"masked": True}, "pin": 918_273_645_546})
    known += [platform.webhooks.rotate_secret(ada, cta) for _ in range(2)]
    link = Link(
        project.id,
        "https://a.example/needle-of-the-long-url",
        notes="needle-of-the-notes",
        tags="needle-of-the-tags",
    )
    lead = Lead(social.id, "needle@example.com", "Needle Smith", {"a": "needle-of-the-info"})

    def work(connection):
        event = platform.capture.lead(ada, lead, connection=connection)
        return json.dumps(event.payload).encode()

    request = b'{"data":"needle@example.com"}'
    platform.idempotency.once(ada, "needle-of-a-key", request, work)
    platform.capture.emit(ada, [link, Lead(cta.id, "needle@example.com", "Needle Smith")])
    tester = WebhookTester(platform.database, platform.ring, Echo(), platform.contract)
    for owner in (cta, social, project):
        assert asyncio.run(tester.test(ada, owner)).succeeded
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(ada)
    platform.webhooks.remove(ada, project)

    files = [(path, path.read_bytes()) for path in raw(platform.database, before)]
    assert any(b"Findable Name" in content for _, content in files)
    for needle in (*ENTERED, *known):
        for form in forms(needle):
            found = [path for path, content in files if form in content]
            assert not found, f"{form!r} is in {found}"


def forms(needle):
    """Yield how a text may be written."""
    raw_text = needle.encode()
    yield raw_text
    yield json.dumps(needle)[1:-1].encode()
    yield needle.encode("utf-16-le")
    yield raw_text.hex().encode()
    yield base64.b64encode(raw_text)[: len(raw_text) * 4 // 3 - 1]
    if needle.startswith("whsec_"):
        yield base64.b64decode(needle.removeprefix("whsec_"))
        yield needle.removeprefix("whsec_").encode()
    if needle.isdigit():
        yield int(needle).to_bytes(8, "big")


def written(database):
    """Return how far a server's log of changes, its WAL, has got: the name of a file."""
    if database.is_sqlite:
        return None
    with database.reading() as connection:
        asked = text("SELECT pg_walfile_name(pg_current_wal_lsn())")
        return connection.execute(asked).scalar_one()


def raw(database, before):
    """Yield every file that the database consists of; of a WAL those from one file on."""
    if database.is_sqlite:
        yield from database.file.parent.glob(f"{database.file.name}*")
        return
    with database.reading() as connection:
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        # Until then the rows are in memory, and in the WAL.
        connection.execute(text("CHECKPOINT"))
        asked = text("SELECT oid FROM pg_database WHERE datname = current_database()")
        own = str(connection.execute(asked).scalar_one())
    after = written(database)
    if not os.access(folder, os.R_OK):
        pytest.skip("the files of PostgreSQL cannot be read by this user")
    # The databases of other tests are not read, nor what was written before, and may vanish.
    yield from (folder / "base" / own).iterdir()
    for path in (folder / "pg_wal").iterdir():
        if before <= path.name <= after:
            yield path
