"""A contract that the kit has never heard of, from its folder to handled events and a grade."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from hookwright_schemas import load_contract

from .commands import hookwright
from .conftest import Typed, only_in_soak
from .receivers import TOKEN, Project, Receivers, notes

SHOP = Path(__file__).parents[1] / "contracts" / "shop"
# No name of an event, of a documented field or of the platform may come from the built-in contract.
BUILT_IN = load_contract()
FOREIGN = [
    name
    for name in [BUILT_IN.name, *(event.id for event in BUILT_IN.events), *BUILT_IN.reserved]
    # Of the fields only those that no English text has.
    if "_" in name or name == BUILT_IN.name
]


def test_a_made_up_contract_goes_the_whole_way(
    start: Receivers, stack: str, tmp_path: Path, typed: Typed
) -> None:
    """New, serve, send, handled: for every event and sample that its folder has."""
    contract = load_contract(SHOP)
    root = tmp_path / "my-shop"
    said = [typed("new", root, "--stack", stack, "--contract", SHOP, "--sink", "sql")]
    project = Project.watched(root, "my_shop", contract, f"/webhooks/{contract.name}")
    receiver = start(project)
    url = receiver.listening()
    parameters = ["--param", f"token={TOKEN}", "--param", "campaign=spring"]
    options = ["--contract", SHOP, *parameters]
    said += [typed("send", event.command, url, *options) for event in contract.events]
    said.append(typed("contract", "list", "--contract", SHOP))
    said.append(typed("contract", "show", "--contract", SHOP))
    for command in said:
        assert (command.returncode, command.stderr) == (0, ""), command.stdout
    expected = [(event.id, event.samples[0].payload) for event in contract.events]
    stored = receiver.settled()
    assert [(each["event"], each["payload"]) for each in stored] == expected
    assert {each["status"] for each in stored} == {"done"}
    assert [each["parameters"] for each in stored] == [{"campaign": "spring"}] * len(expected)
    assert [(each["event"], each["fields"]) for each in notes(receiver.folder)] == expected
    for event_id, payload in expected:
        rows = receiver.query(f'SELECT payload FROM "received_{event_id}"')
        assert [json.loads(row) for (row,) in rows] == [{**payload, "campaign": "spring"}]
    assert foreign(*(command.stdout for command in said), receiver.log()) == set()


def test_nothing_of_the_built_in_contract_is_generated(
    project: Callable[..., Project], stack: str
) -> None:
    """Neither a file's name nor its text has a word of the other contract."""
    made = project(stack=stack, contract=load_contract(SHOP), sinks=("csv", "jsonl", "sql"))
    files = [file for file in made.root.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert len(files) > 40
    for file in files:
        assert foreign(str(file.relative_to(made.root)), file.read_text()) == set(), file


# Judging is the same for all stacks. What each makes of this contract's cases is asked elsewhere.
@only_in_soak("flask")
def test_a_receiver_of_a_made_up_contract_holds_its_cases(
    stack: str, tmp_path: Path, typed: Typed
) -> None:
    """`hookwright check --contract`: all passed, and nothing of the other contract shown."""
    root = tmp_path / "my-shop"
    assert typed("new", root, "--stack", stack, "--contract", SHOP).returncode == 0
    options: list[str | Path] = ["--contract", SHOP, "--python", sys.executable]
    # What depends on the contract; the rest is graded with the built-in one.
    groups = [f"--group={group}" for group in "PJADG"]
    graded = hookwright("check", root, *options, *groups, "--json", tmp_path / "report")
    assert graded.returncode == 0, graded.stdout + graded.stderr
    report = (tmp_path / "report").read_text()
    summary = json.loads(report)["summary"]
    assert summary["passed"] > 30
    assert [summary[each] for each in ("failed", "warned", "errors", "not_observable")] == [0] * 4
    assert foreign(graded.stdout, graded.stderr, report) == set()


def foreign(*texts: str) -> set[str]:
    """Return the words of the built-in contract that are in some texts."""
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return words & set(FOREIGN)
