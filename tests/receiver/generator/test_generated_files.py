"""Every answer to every question: what comes out is what a reviewer would accept unseen.

Here any two answers meet; `make soak` looks at every combination of all of them.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product
from pathlib import Path, PurePosixPath

import pytest
import yaml

from hookwright_receiver import STACKS, Answers, plan_project, render
from hookwright_receiver.generator import AUTHS, SINKS
from hookwright_schemas import Contract
from tests.receiver.pairwise import pairwise

MAX_LINES = 300
SINK_SETS = list(chain.from_iterable(combinations(SINKS, size) for size in range(len(SINKS) + 1)))
# The shortest and the longest that there can be, a hyphen, capital letters.
NAMES = ["r", "my-receiver", "Leads", "as-long-as-the-name-of-a-project-can-be-" + "x" * 8]
Files = dict[PurePosixPath, bytes]


# One process renders the projects, and has the cache of the type checker.
pytestmark = pytest.mark.xdist_group("generated files")


@pytest.fixture(scope="module")
def contracts(builtin: Contract, shop: Contract, ledger: Contract) -> dict[str, Contract]:
    """The contracts by their names."""
    return {contract.name: contract for contract in (builtin, shop, ledger)}


def combined(
    contracts: dict[str, Contract], rows: Iterable[tuple[str, str, str, tuple[str, ...]]]
) -> Iterator[tuple[str, str, Files]]:
    """Yield a label, the contract's name and the files of each combination of answers."""
    for number, (contract, stack, auth, sinks) in enumerate(rows):
        answers = Answers(
            name=NAMES[number % len(NAMES)],
            stack=stack,
            auth=auth,
            sinks=sinks,
            contract=contracts[contract],
        )
        label = f"{number}-{contract}-{stack}-{auth}-{'-'.join(sinks) or 'none'}"
        yield label, contract, render(plan_project(answers, Path("/somewhere/x")))


@pytest.fixture(
    scope="module",
    params=[pairwise, pytest.param(product, marks=pytest.mark.soak)],
    ids=["pairs of answers", "every combination"],
)
def projects(
    request: pytest.FixtureRequest, contracts: dict[str, Contract]
) -> list[tuple[str, str, Files]]:
    """The combinations of answers, rendered."""
    return list(combined(contracts, request.param(list(contracts), STACKS, AUTHS, SINK_SETS)))


@pytest.fixture(scope="module")
def folder(
    projects: list[tuple[str, str, Files]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """All of them on the disk, a folder each."""
    root = tmp_path_factory.mktemp("projects")
    for label, _, files in projects:
        for path, content in files.items():
            target = root / label / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return root


def test_every_file_parses(projects: list[tuple[str, str, Files]]) -> None:
    """Python, TOML, YAML and JSON are what their names say."""
    parsers = {
        ".py": ast.parse,
        ".toml": tomllib.loads,
        ".yaml": yaml.safe_load,
        ".yml": yaml.safe_load,
        ".json": json.loads,
    }
    for label, _, files in projects:
        for path, content in files.items():
            parse = parsers.get(path.suffix)
            if parse is not None:
                assert parse(content.decode()) is not None, f"{label}/{path}"


def test_every_file_is_neat(projects: list[tuple[str, str, Files]]) -> None:
    """No line that a template left behind, no file that says two things."""
    for label, _, files in projects:
        for path, content in files.items():
            text = content.decode()
            where = f"{label}/{path}"
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), f"{where}: space at a line's end"
            if "schemas" in path.parts:
                continue
            assert text.count("\n") <= MAX_LINES, f"{where}: too long"
            assert not text.startswith("\n"), f"{where}: begins with an empty line"
            assert text.endswith("\n"), f"{where}: no line break at the end"
            assert not text.endswith("\n\n"), f"{where}: empty lines at the end"
            blank = "\n\n\n\n" if path.suffix == ".py" else "\n\n\n"
            assert blank not in text, f"{where}: empty lines in a row"
            assert "{%" not in text, f"{where}: a statement of the template"
            assert "{#" not in text, f"{where}: a comment of the template"


def test_nothing_of_one_contract_is_in_a_project_for_another(
    projects: list[tuple[str, str, Files]], builtin: Contract, shop: Contract
) -> None:
    """The templates know no event and no field: a contract is data."""
    ours = {builtin.name} | {event.id for event in builtin.events}
    ours |= {event.title for event in builtin.events}
    ours |= {field.name for event in builtin.events for field in event.fields if "_" in field.name}
    theirs = {field.name for event in shop.events for field in event.fields}
    words = "|".join(map(re.escape, sorted(ours - theirs)))
    pattern = re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for label, name, files in projects:
        if name == shop.name:
            for path, content in files.items():
                assert not pattern.findall(content.decode()), f"{label}/{path}"


def test_every_setting_is_explained(projects: list[tuple[str, str, Files]]) -> None:
    """What the code reads stands in `.env.example` and in the README, and nothing else does."""
    for label, _, files in projects:
        texts = {path.name: content.decode() for path, content in files.items()}
        fields = re.findall(r"^    ([a-z_]+): Annotated\[", texts["settings.py"], re.MULTILINE)
        read = {name.upper() for name in fields}
        assert read, label
        assert read == set(re.findall(r"^([A-Z_]+)=", texts[".env.example"], re.MULTILINE)), label
        section = texts["README.md"].partition("## Configuration")[2].partition("\n## ")[0]
        explained = re.findall(
            r"`([A-Z_]+)`", "".join(re.findall(r"^\|[^|]*\|", section, re.MULTILINE))
        )
        assert read == set(explained), label


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The type checker's: the frameworks are analysed once."""
    return tmp_path_factory.mktemp("mypy")


def test_every_project_passes_its_own_linter(folder: Path) -> None:
    """`ruff check` finds the configuration of each project beside its files."""
    assert not ruff(folder, "check")


def test_every_project_is_formatted(folder: Path) -> None:
    """`ruff format --check` too: regeneration gives no noise in a diff."""
    assert not ruff(folder, "format", "--check")


def ruff(folder: Path, *command: str) -> list[str]:
    """Return what ruff complains of, once for all the projects that have it."""
    run = subprocess.run(
        [sys.executable, "-m", "ruff", *command, folder, "--no-cache", "--output-format=concise"],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = {
        # Without the project's folder and the package's name.
        line.removeprefix(f"{folder}/").split("/", 2)[-1]
        for line in run.stdout.splitlines()
        if line.startswith(str(folder))
    }
    return sorted(complaints) or ([] if run.returncode == 0 else [run.stdout + run.stderr])


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    ("auth", "sinks"),
    [("token", ()), ("signature", SINKS), ("none", ("sql",))],
    ids=["token", "signature, every sink", "none, sql"],
)
def test_a_project_passes_its_own_type_checker(  # noqa: PLR0913, PLR0917  fixtures and a table
    cache: Path,
    tmp_path: Path,
    contracts: dict[str, Contract],
    stack: str,
    auth: str,
    sinks: tuple[str, ...],
) -> None:
    """`mypy` in the project's folder, strict, as its configuration says."""
    contract = contracts[{"token": "joturl", "signature": "shop", "none": "ledger"}[auth]]
    answers = Answers(name="leads", stack=stack, auth=auth, sinks=sinks, contract=contract)
    for path, content in render(plan_project(answers, tmp_path)).items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    check = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", cache],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr
