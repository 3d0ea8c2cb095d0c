"""`hookwright account`: accounts and their API keys, beside a server or without one."""

import sqlite3
import sys
from contextlib import closing

import pytest

from hookwright.cli import main
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.store.database import Database

NOBODY = 121212121212121212


def test_an_account_is_made_with_a_key_that_is_shown_once(typed, empty_store):
    """Its id and its key, for a program; the key authenticates and is stored hashed."""
    made = typed("account", "create", "Ada's shop", "--json")
    assert (made.code, made.err, sorted(made.json)) == (0, "", ["id", "key"])
    with Database(empty_store) as database:
        principal = Accounts(database).authenticate(made.json["key"])
    assert str(principal.account_id) == made.json["id"]
    assert made.json["key"] not in typed("account", "list").out
    assert made.json["key"] not in typed("account", "show", made.json["id"], "--json").out


def test_the_first_account_sets_the_platform_up(typed, tmp_path):
    """Whoever begins with it need not know of `db upgrade`; a server finds its key file."""
    assert typed("account", "create", "first").code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "hookwright.db",
        "hookwright.db.key",
    ]


def test_a_person_is_told_what_to_do_with_the_key(typed, ada):
    """On standard error, so that what is printed stays clean."""
    made = typed("account", "create", "Bob")
    assert "hw_" in made.out
    assert "Authorization: Bearer" in made.err
    assert "hw_" not in made.err


def test_accounts_are_listed(typed, store):
    """With their ids whole at 80 columns, and as JSON."""
    names = ["Ada", "a name much too long for a column of a table, " * 4 + "or so"]
    ids = [typed("account", "create", name, "--json").json["id"] for name in names]
    listed = typed("account", "list")
    assert all(each in listed.out for each in ids)
    assert max(map(len, listed.out.splitlines())) <= 80
    items = typed("account", "list", "--json").json["items"]
    assert [item["id"] for item in items] == ids
    assert [item["name"] for item in items] == names


def test_keys_come_and_go(typed, store):
    """A second one counts at once, and the first no more once it is revoked."""
    account = typed("account", "create", "Ada", "--json").json
    second = typed("account", "key", "create", account["id"], "--json").json
    keys = typed("account", "show", account["id"], "--json").json["keys"]
    (first,) = [key for key in keys if key["id"] != second["id"]]
    assert typed("account", "key", "revoke", first["id"]).out == f"Key {first['id']} is revoked.\n"
    with Database(store) as database:
        accounts = Accounts(database)
        assert accounts.authenticate(account["key"]) is None
        assert accounts.authenticate(second["key"]) is not None
    shown = typed("account", "show", account["id"]).out
    assert shown.count("ends in") == 1
    assert account["key"][-4:] in shown


def test_the_only_account_need_not_be_named(typed, ada):
    """With two of them it must."""
    assert typed("account", "key", "create", "--json").json["account"] == ada
    typed("account", "create", "Bob")
    done = typed("account", "key", "create")
    assert done.code == 2
    assert "there are 2 accounts: add --account ID" in done.refusal


def test_none_of_it_needs_the_keys_of_the_database(typed, ada, tmp_path, monkeypatch):
    """Accounts are not encrypted: whoever lost the key file still sees what there is."""
    (tmp_path / "hookwright.db.key").unlink()
    monkeypatch.setenv("HOOKWRIGHT_KEYS", "nonsense")
    for arguments in (["list"], ["show", ada], ["create", "Bob"], ["key", "create", ada]):
        assert typed("account", *arguments).code == 0, arguments


def test_names_of_others_do_not_drive_the_terminal(typed, ada):
    """Whatever a name has, what is shown is text."""
    with closing(sqlite3.connect("hookwright.db")) as file, file:
        file.execute("UPDATE accounts SET name = ?", ("\x1b[2Jgone",))
    assert "\x1b" not in typed("account", "list").out


REFUSED = [
    # arguments, part of the line, reason
    (["create"], "NAME", "no name"),
    (["create", ""], "name", "an empty name"),
    (["create", "a" * 100_000], "name", "a name without an end"),
    (["show"], "ACCOUNT", "no account"),
    (["show", "Ada"], "such as", "a name and no id"),
    (["show", str(NOBODY)], str(NOBODY), "nobody's id"),
    (["key", "create", str(NOBODY)], str(NOBODY), "nobody's id"),
    (["key", "revoke", str(NOBODY)], str(NOBODY), "nobody's key"),
    (["key", "revoke"], "KEY", "no key"),
    (["frobnicate"], "frobnicate", "no such command"),
]


@pytest.mark.parametrize(
    ("arguments", "part"), [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_wrong_usage_is_one_helpful_line(typed, ada, arguments, part):
    """Exit code 2, and nothing changed."""
    done = typed("account", *arguments)
    assert (done.code, part in done.refusal) == (2, True), done.err


@pytest.mark.parametrize("arguments", [["list"], ["show", "1"], ["key", "create"]])
def test_without_a_database_none_is_made(typed, tmp_path, arguments):
    """Most often the folder is the wrong one."""
    done = typed("account", *arguments)
    assert done.code == 2
    assert "there is no database sqlite:///hookwright.db yet" in done.refusal
    assert list(tmp_path.iterdir()) == []


def test_an_empty_postgresql_database_is_one_that_is_missing(typed, monkeypatch, database_url):
    """As for a file that is not there."""
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", database_url)
    done = typed("account", "list")
    assert done.code == 2
    assert "db upgrade" in done.refusal


def test_a_missing_driver_is_one_line(typed, monkeypatch):
    """The URL wants psycopg: the line says what to install."""
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", "postgresql://127.0.0.1:1/x")
    for name in [*sys.modules]:
        if name.partition(".")[0] == "psycopg":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = typed("account", "list")
    assert done.code == 2
    assert "pip install 'hookwright[postgres]'" in done.refusal


def test_a_missing_extra_is_one_line(capsys, monkeypatch):
    """What the base install has not is named, with the command that brings it."""

    def missing(*_arguments, **_options):
        raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")

    monkeypatch.setattr("hookwright.cli.importlib.import_module", missing)
    with pytest.raises(SystemExit) as ended:
        main(["account", "list"])
    assert ended.value.code == 2
    assert "needs sqlalchemy, which is not installed" in (told := capsys.readouterr().err)
    assert "pip install 'hookwright[platform]'" in told
