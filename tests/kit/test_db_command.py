"""`hookwright db upgrade`: sets a database up, and says what it did."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hookwright_sender.store.schema import REVISIONS


def test_an_empty_database_is_set_up_and_then_left_alone(typed, empty_store):
    """The second run has nothing to do, and says so."""
    first = typed("db", "upgrade")
    assert (first.code, first.err) == (0, "")
    assert f"set up, at revision {REVISIONS[-1]}" in first.out
    second = typed("db", "upgrade")
    assert (second.code, second.err) == (0, "")
    assert f"is up to date, at revision {REVISIONS[-1]}" in second.out


def test_json_says_whether_anything_changed(typed, empty_store):
    """For a program that deploys."""
    told = [typed("db", "upgrade", "--json").json for _ in range(2)]
    assert [each["changed"] for each in told] == [True, False]
    assert told[0]["revision"] == REVISIONS[-1]
    assert told[0]["database"] == empty_store


def test_the_file_is_its_owners_alone(typed, tmp_path):
    """By default it is in the working directory."""
    assert typed("db", "upgrade").code == 0
    assert (tmp_path / "hookwright.db").stat().st_mode & 0o777 == 0o600


def test_a_password_is_never_shown(typed, monkeypatch):
    """Nobody answers there; the line has the rest of the URL."""
    url = "postgresql://somebody:a-secret@127.0.0.1:1/nothing"
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    done = typed("db", "upgrade")
    assert done.code == 3
    assert "127.0.0.1:1/nothing" in done.refusal
    assert "a-secret" not in done.err


REFUSED = [
    # URL, exit code, part of the line, reason
    ("sqlite:///no/such/folder.db", 3, "unable to open", "no folder to make it in"),
    ("sqlite:///.", 3, "unable to open", "a folder"),
    ("sqlite:///noise.db", 3, "not a database", "another file"),
    ("sqlite://", 2, "no file", "no file named"),
    ("mysql://localhost/x", 2, "mysql", "another database"),
    ("nothing", 2, "HOOKWRIGHT_DATABASE_URL", "no URL"),
    ("postgresql://127.0.0.1:1/x", 3, "refused", "nobody listens"),
    ("postgresql://no-such-host.invalid/x", 3, "no-such-host.invalid", "no such host"),
]


@pytest.mark.parametrize(
    ("url", "code", "part"), [row[:3] for row in REFUSED], ids=[row[3] for row in REFUSED]
)
def test_what_cannot_be_used_is_one_line(typed, monkeypatch, url, code, part):
    """3 for what does not answer, 2 for what was set wrongly."""
    Path("noise.db").write_bytes(b"noise" * 1000)
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    done = typed("db", "upgrade")
    assert (done.code, part in done.refusal) == (code, True), done.err


def test_a_database_of_a_later_version_is_left_alone(typed, tmp_path):
    """Going back would lose what the later one added."""
    assert typed("db", "upgrade").code == 0
    with closing(sqlite3.connect(tmp_path / "hookwright.db")) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    done = typed("db", "upgrade")
    assert done.code == 2
    assert "later version" in done.refusal
