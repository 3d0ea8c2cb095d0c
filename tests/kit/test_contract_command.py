"""`hookwright contract`: what it lists and shows, and its verdict on a file."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from hookwright.cli import main
from hookwright_schemas import Contract, load_contract

SHOP = Path(__file__).parents[1] / "contracts" / "shop"
WIDTH = 80

CONTRACTS = {"built-in": [], "shop": ["--contract", str(SHOP)]}


class Run:
    """One run of the command: its exit code and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["contract", *arguments])
        self.code = ended.value.code
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Run `hookwright contract` at 80 columns in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    return lambda *arguments: Run(capsys, *arguments)


@pytest.fixture(params=CONTRACTS.values(), ids=CONTRACTS)
def choice(request: pytest.FixtureRequest) -> list[str]:
    """The options that choose the built-in contract, and then the made-up one."""
    return request.param


def contract_of(choice: list[str]) -> Contract:
    return load_contract(choice[1] if choice else None)


REFUSED = [
    # arguments, part of the message, reason
    ([], "list", "no command: the help, as for every group"),
    (["remove"], "remove", "no such command"),
    (["list", "extra"], "extra", "list takes no argument"),
    (["list", "--contract", "nowhere"], "nowhere", "no such folder"),
    (["show", "nope"], "form", "no such event; the remedy lists them"),
    (["validate"], "FILE", "no file is named"),
    (["validate", "nope.json"], "nope.json", "no such file"),
    (["validate", "."], "cannot read .", "a folder"),
    (["validate", "--event", "nope", "good.json"], "form", "no such event"),
    (["validate", "--contract", str(SHOP), "good.json"], "--event", "a file has no header"),
    (["validate", "good.json", "--verbose"], "--verbose", "no such option"),
]


@pytest.mark.parametrize(
    ("arguments", "message", "reason"), REFUSED, ids=[reason for *_, reason in REFUSED]
)
def test_wrong_usage_ends_with_2_and_a_line(
    run: Callable[..., Run], arguments: list[str], message: str, reason: str
):
    """Wrong usage ends with 2, says how to do better on standard error, and prints nothing else."""
    Path("good.json").write_bytes(load_contract().events[0].samples[0].body)
    done = run(*arguments)
    assert done.code == 2, reason
    assert message in done.err
    assert "Traceback" not in done.err
    assert not done.out
    if arguments:
        assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["list"], ["show"]], ids=" ".join)
def test_what_is_printed_fits_80_columns(
    run: Callable[..., Run], choice: list[str], arguments: list[str]
):
    """Lists and fields fit a narrow terminal, apart from samples, which stay whole to be copied."""
    done = run(*arguments, *choice)
    assert done.code == 0
    long = [line for line in done.out.splitlines() if cell_len(line) > WIDTH]
    assert not [line for line in long if not line.startswith('    "')]


def test_list_names_every_event(run: Callable[..., Run], choice: list[str]):
    """The list has the contract's identity, and each event's id and command name."""
    contract = contract_of(choice)
    done = run("list", *choice)
    for text in (contract.title, contract.version, contract.digest):
        assert text in done.out
    for event in contract.events:
        assert event.id in done.out
        assert f" {event.command} " in done.out


def test_list_as_json(run: Callable[..., Run], choice: list[str]):
    """With `--json` the list is one JSON object that a program can read."""
    contract = contract_of(choice)
    listed = json.loads(run("list", "--json", *choice).out)
    assert listed["digest"] == contract.digest
    assert listed["classification"]["by"] == contract.classification.by
    assert [each["id"] for each in listed["events"]] == [event.id for event in contract.events]
    assert [each["cases"] for each in listed["events"]] == [
        len(event.cases()) for event in contract.events
    ]


def test_show_describes_every_field_of_an_event(run: Callable[..., Run], choice: list[str]):
    """Each field stands there with its description, and the sample with its values."""
    for event in contract_of(choice).events:
        done = run("show", event.command, *choice)
        assert done.code == 0
        words = " ".join(done.out.split())
        for field in event.fields:
            assert f" {field.name} " in words
            assert field.description.split()[0] in words
        sample = done.out[done.out.rindex("\n  {") :]
        assert json.loads(sample) == event.samples[-1].payload


def test_show_without_an_event_shows_all(run: Callable[..., Run], choice: list[str]):
    """Without EVENT every event is shown, in the contract's order."""
    done = run("show", *choice)
    places = [done.out.index(f"{event.id}  {event.title}") for event in contract_of(choice).events]
    assert places == sorted(places)


def test_show_as_json(run: Callable[..., Run], choice: list[str]):
    """With `--json` a program gets the fields, and what tells the event."""
    for event in contract_of(choice).events:
        (shown,) = json.loads(run("show", event.id, "--json", *choice).out)["events"]
        assert [field["name"] for field in shown["fields"]] == [one.name for one in event.fields]
        assert tuple(shown["present"]) == event.present
        assert shown["value"] == event.value
        assert shown["samples"][0]["payload"] == event.samples[0].payload


def test_validate_accepts_every_sample(run: Callable[..., Run], choice: list[str], tmp_path: Path):
    """A sample is valid: exit 0, the event's name, nothing on standard error."""
    contract = contract_of(choice)
    for event in contract.events:
        file = tmp_path / "sample.json"
        file.write_bytes(event.samples[0].body)
        which = ["--event", event.command] if contract.classification.by == "header" else []
        done = run("validate", str(file), *which, *choice)
        assert (done.code, done.err) == (0, "")
        assert "valid" in done.out
        assert event.id in done.out


def test_validate_agrees_with_every_case(run: Callable[..., Run]):
    """The exit code is the verdict of each case, and the pointer of each is printed."""
    contract = load_contract()
    cases = [case for event in contract.events for case in event.cases() if case.group == "P8"]
    assert cases
    for case in cases:
        Path("case.json").write_bytes(contract.encode(case.payload))
        done = run("validate", "--json", "case.json")
        told = json.loads(done.out)
        assert done.code == (0 if case.valid else 1), case.id
        assert told["valid"] is case.valid
        assert case.pointer in {None, *(each["pointer"] for each in told["violations"])}


def test_validate_says_where_and_why(run: Callable[..., Run]):
    """Every violation is listed with its pointer and what to do; the value itself is not shown."""
    event = load_contract().events[0]
    date = next(field.name for field in event.fields if field.name == "date")
    Path("bad.json").write_text(json.dumps(event.samples[0].payload | {date: "2020-02-31"}))
    done = run("validate", "bad.json")
    assert done.code == 1
    assert done.out.startswith("invalid")
    assert f"/{date}" in done.out
    assert "2020-02-31" not in done.out + done.err
    assert len(done.err.splitlines()) == 1
    assert "mend the place" in done.err


def test_validate_of_no_event(run: Callable[..., Run]):
    """A payload of no event's shape ends with 1 and points to the fields of the events."""
    Path("none.json").write_text('{"hello": "world"}')
    done = run("validate", "none.json")
    assert done.code == 1
    assert "contract show" in done.err
    as_json = run("validate", "none.json", "--json")
    told = json.loads(as_json.out)
    assert (told["valid"], told["event"]) == (False, None)
    assert len(told["violations"]) == 1


def test_validate_as_another_event(run: Callable[..., Run]):
    """`--event` holds a payload against that event, whatever it looks like."""
    first, second, *_ = load_contract().events
    Path("first.json").write_bytes(first.samples[0].body)
    done = run("validate", "first.json", "--event", second.command, "--json")
    assert done.code == 1
    assert json.loads(done.out)["event"] == second.id


MALFORMED = [
    # body, reason
    (b"", "empty"),
    (b'{"a":1,}', "the page's own trailing comma"),
    (b'{"a":1,"a":2}', "a key twice"),
    (b'{"a":NaN}', "no JSON number"),
    (b"\xff", "no UTF-8"),
    (b"[" * 100_000, "too deep"),
]


@pytest.mark.parametrize(("body", "reason"), MALFORMED, ids=[reason for _, reason in MALFORMED])
def test_validate_of_what_is_no_json(run: Callable[..., Run], body: bytes, reason: str):
    """Malformed JSON ends with 1 and one line that names the file; `--json` has the reason too."""
    Path("malformed.json").write_bytes(body)
    done = run("validate", "malformed.json", "--json")
    assert done.code == 1, reason
    assert len(done.err.splitlines()) == 1
    assert "malformed.json" in done.err
    told = json.loads(done.out)
    assert told["valid"] is False
    assert told["malformed"]["reason"]


def test_validate_reads_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch):
    """`-` is standard input, read as bytes."""
    sample = load_contract().events[0].samples[0]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sample.body)))
    done = run("validate", "-")
    assert done.code == 0
    assert "standard input" in done.out


def test_markup_in_names_is_text(run: Callable[..., Run]):
    """A file's name with brackets is printed as it is, not taken for colours."""
    Path("[red]x[bold].json").write_bytes(load_contract().events[0].samples[0].body)
    done = run("validate", "[red]x[bold].json")
    assert done.code == 0
    assert "[red]x[bold].json" in done.out
