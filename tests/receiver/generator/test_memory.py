"""Generating again: what was decided stays decided, until another answer is asked for by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright_receiver import Answers, Project, generate
from hookwright_receiver.generator import (
    GeneratorError,
    RecordRefused,
    TargetRefused,
    WriteFailed,
)
from hookwright_receiver.generator.vendor import vendored
from hookwright_schemas import Contract, load_contract

RECORD = ".hookwright.json"


def regenerate(folder: Path, answers: Answers | None = None) -> Project:
    return generate(folder, answers or Answers(), force=True)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the record of a project, as another version of hookwright may have left it."""
    document = json.loads((folder / RECORD).read_bytes())
    change(document)
    (folder / RECORD).write_text(json.dumps(document))


@pytest.fixture
def project(tmp_path: Path, shop: Contract) -> Path:
    """A project with no answer that a new project would get by default."""
    answers = Answers(name="leads", stack="flask", auth="signature", sinks=("csv", "sql"),
                      path="/hooks", contract=shop)  # fmt: skip
    return generate(tmp_path / "p", answers).directory


def test_what_is_not_given_stays_as_it_is(project: Path) -> None:
    """A plain second run is no change at all: not of the sender's proof, not of the contract."""
    before = tree(project)
    again = regenerate(project)
    assert again.changes == ()
    assert tree(project) == before
    written = again.written
    assert (written.created, written.updated, written.removed, written.kept) == ((), (), (), ())


CHANGED = [
    # answer, value, what is told
    ("name", "orders", "name: leads -> orders"),
    ("stack", "starlette", "stack: flask -> starlette"),
    ("auth", "token", "auth: signature -> token"),
    ("sinks", ("jsonl",), "sinks: csv, sql -> jsonl"),
    ("sinks", ("none",), "sinks: csv, sql -> none"),
    ("path", "/in", "path: /hooks -> /in"),
    ("contract", load_contract(), "contract: shop 2.1.0 -> joturl 1.0.0"),
]


@pytest.mark.parametrize(
    ("answer", "value", "told"), CHANGED, ids=[told.replace(" ", "") for *_, told in CHANGED]
)
def test_one_answer_changes_one_decision_and_is_told(
    project: Path, answer: str, value: object, told: str
) -> None:
    """Every other one stays, and the next run without any answer keeps the new one too."""
    before = json.loads((project / RECORD).read_bytes())
    changed = regenerate(project, Answers(**{answer: value}))  # type: ignore[arg-type]
    assert [str(change) for change in changed.changes] == [told]
    after = json.loads((project / RECORD).read_bytes())
    key = {"contract": "contract"}.get(answer, "answers")
    assert {**after, "files": {}, key: {}} == {**before, "files": {}, key: {}}
    if key == "answers":
        assert {**after[key], answer: 0} == {**before[key], answer: 0}
    settled = tree(project)
    assert regenerate(project).changes == ()
    assert tree(project) == settled


def test_a_contract_that_changed_within_its_version_is_told_by_its_digest(
    project: Path, tmp_path: Path, shop: Contract
) -> None:
    """Nothing else tells the two apart."""
    folder = tmp_path / "shop"
    for path, content in vendored(shop).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    schema = folder / "stock_low.schema.json"
    document = json.loads(schema.read_text())
    document["properties"]["coupon"] = {"type": "string"}
    schema.write_text(json.dumps(document))
    (change,) = regenerate(project, Answers(contract=load_contract(folder))).changes
    assert change.before == f"shop 2.1.0 {shop.digest}"
    assert change.after.startswith("shop 2.1.0 sha256:")


def test_a_project_carries_its_contract(
    tmp_path: Path, builtin: Contract, shop: Contract, ledger: Contract
) -> None:
    """The folder `schemas` is a contract folder, with nothing lost that a project is made from."""
    for number, contract in enumerate((builtin, shop, ledger)):
        generate(tmp_path / f"p{number}", Answers(contract=contract))
        again = load_contract(tmp_path / f"p{number}" / f"p{number}" / "schemas")
        assert again.identity == contract.identity
        assert vendored(again) == vendored(contract)
        assert [event.command for event in again.events] == [
            event.command for event in contract.events
        ]


def test_a_text_of_any_characters_survives(tmp_path: Path, shop: Contract) -> None:
    """TOML reads a text on one line as JSON does."""
    from dataclasses import replace  # noqa: PLC0415  the one test that makes a contract of another

    odd = replace(shop, title="a \"b\" \\ é \U0001f600 '''")
    generate(tmp_path / "p", Answers(contract=odd))
    assert load_contract(tmp_path / "p" / "p" / "schemas").title == odd.title


def test_a_folder_that_was_moved_is_the_same_project(project: Path) -> None:
    """The name is the project's from the first run on, and nothing leads to where it was."""
    moved = project.rename(project.parent / "json")
    assert regenerate(moved).decisions.name == "leads"
    assert regenerate(moved).changes == ()


def test_the_record_holds_nothing_of_the_machine(project: Path) -> None:
    """It is committed: no path of somebody's home, and no secret (there is none to ask for)."""
    text = (project / RECORD).read_text()
    assert str(project.parent) not in text
    assert json.loads(text)["answers"].keys() == {"name", "stack", "auth", "sinks", "path"}


BROKEN = [
    # content, part of the message, reason
    (b"", "cannot be read", "an empty file"),
    (b"{", "cannot be read", "cut off"),
    (b"\xff", "cannot be read", "no text"),
    (b"[]", "cannot be read", "no object"),
    (b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", "cannot be read", "a merge that was left"),
    (b'{"answers": 1}', "cannot be read", "a part that is no object"),
    (b"{}", "which name", "it says nothing"),
    (b'{"answers": {"name": 1}}', "which name", "a name that is none"),
]


@pytest.mark.parametrize(
    ("content", "message", "reason"), BROKEN, ids=[reason for *_, reason in BROKEN]
)
def test_a_broken_record_stops_everything(
    project: Path, content: bytes, message: str, reason: str
) -> None:
    """Defaults in its place would undo what was decided. Nothing is written."""
    (project / RECORD).write_bytes(content)
    before = tree(project)
    with pytest.raises(RecordRefused, match=message) as refused:
        regenerate(project)
    assert refused.value.exit_code == 2, reason
    assert "\n" not in str(refused.value)
    assert tree(project) == before


def test_a_record_that_is_a_link_is_not_followed(project: Path, tmp_path: Path) -> None:
    """What it leads to may be anybody's."""
    (project / RECORD).rename(tmp_path / "elsewhere")
    (project / RECORD).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordRefused, match="symbolic link"):
        regenerate(project)


@pytest.mark.parametrize(
    ("what", "option", "value"),
    [
        ("name", "--name", "leads"),
        ("stack", "--stack", "flask"),
        ("auth", "--auth", "signature"),
        ("sinks", "--sink", ("csv", "sql")),
        ("path", "--path", "/hooks"),
    ],
)
def test_an_answer_that_the_record_lacks_has_to_be_given(
    project: Path, what: str, option: str, value: object
) -> None:
    """A record of another version; with the option the work goes on."""
    edit(project, lambda document: document["answers"].pop(what))
    with pytest.raises(RecordRefused, match=f"{what}.*{option}"):
        regenerate(project)
    given = Answers(**{what: value})  # type: ignore[arg-type]
    if what == "name":
        # The contract is found by the package's name.
        given = Answers(name="leads", contract=load_contract(project / "leads" / "schemas"))
    assert regenerate(project, given).changes == ()
    assert regenerate(project).changes == ()


def forget_contract(document: dict[str, Any]) -> None:
    del document["contract"]["built_in"], document["contract"]["copy"]


def test_an_older_record_names_the_built_in_contract_by_its_digest(tmp_path: Path) -> None:
    """What such a record says is enough for that one."""
    generate(tmp_path / "p", Answers())
    edit(tmp_path / "p", forget_contract)
    assert regenerate(tmp_path / "p").changes == ()


LOST: list[tuple[Callable[[Path], object], str]] = [
    (lambda p: edit(p, forget_contract), "the record of a version that kept no copy"),
    (lambda p: edit(p, lambda document: document.pop("contract")), "a record without the part"),
    (lambda p: (p / "leads/schemas/contract.toml").unlink(), "a file of the copy is missing"),
    (lambda p: (p / "leads/schemas").rename(p / "away"), "the copy is missing"),
    (lambda p: (p / "leads/schemas/contract.toml").write_text("x"), "the copy is broken"),
    (
        lambda p: (p / "leads/schemas/samples/stock_low.json").write_text("{}"),
        "a sample is no longer valid",
    ),
]


@pytest.mark.parametrize(("lose", "reason"), LOST, ids=[reason for _, reason in LOST])
def test_a_contract_that_is_lost_has_to_be_named(
    project: Path, shop: Contract, lose: Callable[[Path], object], reason: str
) -> None:
    """A project of another contract never becomes one of the built-in contract by itself."""
    lose(project)
    before = tree(project)
    with pytest.raises(RecordRefused, match="--contract DIR") as refused:
        regenerate(project)
    assert refused.value.exit_code == 2, reason
    assert tree(project) == before
    assert regenerate(project, Answers(contract=shop)).decisions.contract is shop


def test_a_copy_that_was_edited_does_not_become_the_contract(project: Path) -> None:
    """Nobody asked for it by name, and the edit would count as ours from then on."""
    schema = project / "leads" / "schemas" / "stock_low.schema.json"
    document = json.loads(schema.read_text())
    document["properties"]["coupon"] = {"type": "string"}
    schema.write_text(json.dumps(document))
    with pytest.raises(RecordRefused, match=r"was changed.*--contract DIR"):
        regenerate(project)
    again = regenerate(project, Answers(contract=load_contract(schema.parent)))
    assert [change.what for change in again.changes] == ["contract"]


@pytest.mark.parametrize(
    ("version", "refused", "told"),
    [
        ("999.0.0", True, None),
        ("0.0.1", False, "hookwright: 0.0.1 -> "),
        ("0.1.0.dev3+g5f731f1", False, "hookwright: 0.1.0.dev3+g5f731f1 -> "),
        ("unknown", False, "hookwright: unknown -> "),
    ],
)
def test_an_older_hookwright_does_not_undo_what_a_newer_one_did(
    project: Path, version: str, refused: bool, told: str | None
) -> None:
    """A pre-release is not told apart from its release: only what is surely newer is refused."""
    edit(project, lambda document: document.update(kit_version=version))
    if refused:
        with pytest.raises(RecordRefused, match="update hookwright"):
            regenerate(project)
    else:
        (change,) = regenerate(project).changes
        assert str(change).startswith(str(told))


@pytest.mark.parametrize("at", [1, 2, 5, 9])
def test_the_short_command_completes_what_was_interrupted(
    project: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The record of a run that failed half-way has the answers that the run was given."""
    count, replace = [0], os.replace

    def failing(*arguments: Any) -> None:
        count[0] += 1
        if count[0] == at:
            raise OSError(28, "No space left on device")
        replace(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing)
        with pytest.raises(WriteFailed):
            regenerate(project, Answers(auth="none", path="/in"))
    done = regenerate(project)
    expected = ("signature", "/hooks") if at == 1 else ("none", "/in")
    assert (done.decisions.auth, done.decisions.path) == expected
    assert done.written.kept == ()


def test_line_ends_that_git_has_changed_are_no_change_of_yours(project: Path) -> None:
    """A checkout under `core.autocrlf` has other bytes in every file, and nobody's work in them."""
    for path in project.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = tree(project)
    still = regenerate(project).written
    assert (still.created, still.updated, still.removed, still.kept) == ((), (), (), ())
    assert {name: text for name, text in tree(project).items() if name != RECORD} == {
        name: text for name, text in before.items() if name != RECORD
    }
    changed = regenerate(project, Answers(auth="none", sinks=("none",))).written
    assert changed.kept == ()
    assert changed.updated
    assert changed.removed


def test_files_that_may_not_be_written_are_replaced_and_stay_so(project: Path) -> None:
    """The folder's permissions decide, and the file's are the owner's choice."""
    for path in project.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    assert regenerate(project, Answers(auth="none")).written.updated
    assert (project / "README.md").stat().st_mode & 0o777 == 0o444


def test_a_name_in_another_case_loses_no_file_where_case_does_not_count(project: Path) -> None:
    """There `Leads` is the folder `leads`: what is generated must not be removed as the former.

    A link from one spelling to the other makes such a file system of this one.
    """
    for path in sorted((project / "leads").rglob("*")):
        twin = project / "Leads" / path.relative_to(project / "leads")
        if path.is_file():
            twin.parent.mkdir(parents=True, exist_ok=True)
            twin.hardlink_to(path)
    regenerate(project, Answers(name="Leads"))
    for name in ("contract.toml", "contract.json", "samples/stock_low.json"):
        assert (project / "Leads" / "schemas" / name).is_file()
        assert (project / "leads" / "schemas" / name).is_file()


def test_a_project_is_not_generated_over_without_being_asked(project: Path) -> None:
    """One that is broken included: the remedy is the same."""
    for content in (None, b"{"):
        if content is not None:
            (project / RECORD).write_bytes(content)
        with pytest.raises(TargetRefused, match=r"holds a project already.*--force"):
            generate(project, Answers())


def test_a_stack_that_is_gone_has_to_be_replaced_by_name(project: Path) -> None:
    """The record is of a hookwright with other stacks."""
    edit(project, lambda document: document["answers"].update(stack="rails"))
    with pytest.raises(GeneratorError, match=r"no stack 'rails': use --stack"):
        regenerate(project)
    (change,) = regenerate(project, Answers(stack="flask")).changes
    assert str(change) == "stack: rails -> flask"
