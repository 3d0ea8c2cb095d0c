"""Files are their owner's: nothing is removed, no column shifts, and all can be made anew."""

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from .conftest import EVENT, PACKAGE, module

FILE = Path("received/paid.csv")


def text_of(path):
    """Return what a file holds, with the ends of its lines as they are."""
    return path.read_bytes().decode()


def rows(text):
    """Read CSV as a spreadsheet does."""
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture
def receiver(receiver, handle):
    """A receiver with three payments in its file."""
    handle(lambda _message: None)
    for number in range(3):
        receiver.put(f"m{number}", id=f"e{number}", note='two\nlines, "quoted"')
    receiver.work("done", "done", "done")
    return receiver


def another(receiver):
    """Let one more payment be handled."""
    receiver.put("another", id="another")
    receiver.work("done", "done", "done", "done")


SAVED = [
    (lambda text: text, "as it was left"),
    (lambda text: text.replace("\r\n", "\n"), "git, dos2unix, pandas: other ends of lines"),
    (lambda text: text.rstrip(), "an editor: the last line without its end (RFC 4180, 2.2)"),
    (lambda text: text.replace("\r\n", "\n").rstrip(), "both"),
    (lambda _text: "", "emptied, as logs are"),
]


@pytest.mark.parametrize(("save", "reason"), SAVED, ids=[reason for _, reason in SAVED])
def test_a_file_that_its_owner_has_saved(receiver, save, reason):
    """Every row that was there is there, and the new one is another."""
    saved = save(text_of(FILE))
    FILE.write_text(saved, newline="")
    another(receiver)
    text = text_of(FILE)
    assert text.startswith(saved)
    before, after = rows(saved), rows(text)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1 + (not saved)
    assert after[-1][3] == "another"


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 30, 60, 100])
def test_a_row_that_was_torn_off(receiver, cut):
    """Each row of the file is whole, and what is there of the torn one lies beside it."""
    whole = text_of(FILE)
    FILE.write_text(whole[:-cut], newline="")
    another(receiver)
    table = rows(text_of(FILE))
    assert {len(row) for row in table} == {len(table[0])}
    assert table[-1][3] == "another"
    torn = Path("received/paid.csv.torn")
    kept = text_of(torn).removesuffix("\r\n") if torn.exists() else ""
    assert len(table) == whole[:-cut].count("\r\n") + 1 + (not kept)
    assert whole[:-cut].endswith(kept)


def test_a_line_of_json_that_was_torn_off(receiver, caplog):
    """It lies beside the file, which is said."""
    file, torn = Path("received/events.jsonl"), Path("received/events.jsonl.torn")
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines)[:-10])
    another(receiver)
    assert [json.loads(line)["fields"]["id"] for line in file.read_text().splitlines()] == [
        "e0", "e1", "another",
    ]  # fmt: skip
    assert torn.read_text() == lines[-1][:-10] + "\n"
    assert "a torn record was moved away" in [record.getMessage() for record in caplog.records]


def test_a_file_with_other_columns_is_left_alone(receiver):
    """After a change of the contract a new file begins; the one after it goes on there."""
    header, rest = text_of(FILE).split("\r\n", 1)
    old = header.replace("amount,", "") + "\r\n" + rest
    FILE.write_text(old, newline="")
    another(receiver)
    assert text_of(FILE) == old
    receiver.put("last", id="last")
    receiver.work(*["done"] * 5)
    assert [row[3] for row in rows(Path("received/paid.2.csv").read_text())[1:]] == [
        "another",
        "last",
    ]


def test_every_field_has_a_column_of_its_own(receiver):
    """Names that differ in case alone, or are ours, or hold what SQL and drivers read."""
    header = rows(text_of(FILE))[0]
    assert len(header) == len(set(map(str.lower, header)))
    receiver.put(
        "odd", **json.loads((Path(__file__).parents[2] / "contracts/foreign/paid.json").read_text())
    )
    receiver.work(*["done"] * 4)
    fields = module("contract").load_contract().event(EVENT).fields
    columns = module("formats").columns_of(fields)
    wanted = ", ".join(f'"{columns[name]}"' for name in fields)
    found = receiver.ask(f"SELECT {wanted} FROM received_paid ORDER BY message_id DESC LIMIT 1")
    assert found == [("paid", "e1", "1.5", "A", "b", "c", "d", "e", "f")]
    last = dict(zip(header, rows(text_of(FILE))[-1], strict=True))
    assert [last[columns[name]] for name in fields] == ["paid", "e1", "1.5", *"Abcdef"]


def test_a_table_gets_the_columns_of_a_changed_contract(receiver):
    """F-R2: the message with the new field and the ones behind it are done, and nothing moved."""
    receiver.tell('ALTER TABLE received_paid DROP COLUMN "amount"')
    receiver.prepare()
    receiver.put("new", id="new", amount=5)
    receiver.put("newer", id="newer")
    receiver.work(*["done"] * 5)
    found = receiver.ask("SELECT id, amount FROM received_paid ORDER BY message_id")
    assert found == [("e0", None), ("e1", None), ("e2", None), ("new", "5"), ("newer", None)]


def test_digits_are_kept(receiver, handle):
    """Amounts reach every sink as they were sent; a handler gets the floats that its types say."""
    handled = []
    handle(handled.append)
    body = b'{"type":"paid","id":"n","amount":12345678901234567.89,"x":[0.10000000000000000001,-0]}'
    receiver.inbox.store([receiver.pipeline.accept({"content-type": "application/json"}, body)])
    receiver.work(*["done"] * 4)
    assert type(handled[0].fields["amount"]) is float
    last = text_of(FILE).splitlines()[-1]
    assert "12345678901234567.89" in last
    assert "0.10000000000000000001,-0" in last
    assert (
        Path("received/events.jsonl").read_text().splitlines()[-1].count("12345678901234567.89")
        == 1
    )
    found = receiver.ask("SELECT amount, parameters FROM received_paid WHERE id = 'n'")
    assert found == [("12345678901234567.89", '{"x":[0.10000000000000000001,-0]}')]


@pytest.fixture
def inbox(receiver, monkeypatch):
    """Run a command of the project in its folder, in this process; return what it prints."""

    def opened(database, **options):
        """An inbox that is closed with the receiver's own: no process ends here."""
        receiver.sessions.append(module("inbox").Inbox(database, **options))
        return receiver.sessions[-1]

    def run(*arguments):
        done = CliRunner().invoke(
            module("__main__").commands, ["inbox", *arguments], env={"DATABASE_URL": receiver.url}
        )
        assert (done.exit_code, done.stderr_bytes) == (0, b"")
        return done.stdout_bytes

    monkeypatch.setattr(module("inbox_commands"), "Inbox", opened)
    before = signal.getsignal(signal.SIGPIPE)
    yield run
    signal.signal(signal.SIGPIPE, before)


def test_the_files_can_be_made_anew(receiver, inbox, project):
    """`inbox export` writes what the sinks wrote, byte for byte, whatever came of their files."""
    done = subprocess.run(
        [sys.executable, "-m", PACKAGE, "inbox", "export", "--format", "csv"],
        env={"PYTHONPATH": str(project), "DATABASE_URL": receiver.url},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == FILE.read_bytes()
    jsonl = ("export", "--format", "jsonl")
    assert inbox(*jsonl) == Path("received/events.jsonl").read_bytes()
    assert inbox(*jsonl, "--since", "2999-01-01") == b""
    assert inbox(*jsonl, "--since", "1h")


def test_commands_show_what_they_do_not_know(receiver, inbox):
    """An event that has left the contract has parameters alone; all others are shown beside it."""
    receiver.tell("UPDATE inbox SET event = 'refunded' WHERE id = 1")
    for command in (["list", "--json"], ["show", "1"], ["list"], ["export", "--format", "jsonl"]):
        assert b"refunded" in inbox(*command)
    listed = inbox("list", "--json").splitlines()
    assert json.loads(listed[0])["parameters"]["id"] == "e0"
    assert json.loads(listed[1])["payload"]["id"] == "e1"


def test_what_a_payload_says_to_a_terminal_is_not_said(receiver, inbox):
    """An error or a pointer that quotes a payload reaches the terminal as harmless letters."""
    receiver.tell(
        "UPDATE inbox SET status = 'dead', error = ? WHERE id = 1", "\x1b]0;owned\x07\u202e"
    )
    shown = inbox("dead")
    assert b"\x1b" not in shown
    assert b"owned" in shown


def test_the_wrong_folder(project, tmp_path, monkeypatch):
    """`inbox` where no inbox is says so, and makes none."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", PACKAGE, "inbox", "list"],
        cwd=elsewhere,
        env={"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no inbox inbox.db here" in done.stderr
    assert not list(elsewhere.iterdir())
