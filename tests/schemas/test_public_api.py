"""What the package offers, and what importing it costs."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import hookwright_schemas
from hookwright_schemas import (
    ContractError,
    EncodingError,
    HookwrightError,
    InvalidPayload,
    MalformedJSON,
    UnknownEvent,
    Violation,
)

PACKAGE = Path(hookwright_schemas.__file__).parent


def test_public_names_are_pinned():
    """A name that comes or goes is a decision, and shows up here."""
    assert hookwright_schemas.__all__ == [
        "WIRE_ENCODERS",
        "Case",
        "Classification",
        "Contract",
        "ContractError",
        "EncodingError",
        "EventDefinition",
        "Field",
        "HookwrightError",
        "InvalidPayload",
        "MalformedJSON",
        "Sample",
        "UnknownEvent",
        "Verdict",
        "Violation",
        "canonical",
        "load_contract",
        "parse_strict",
    ]
    assert all(hasattr(hookwright_schemas, name) for name in hookwright_schemas.__all__)


def test_importing_imports_no_validator():
    """`hookwright --help` must not wait for jsonschema, nor must loading the built-in contract."""
    script = (
        "import sys; from hookwright_schemas import load_contract;"
        "load_contract().classify({});"
        "print(sorted({'jsonschema', 'jsonschema_rs', 'referencing'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_the_example_of_the_package_runs():
    """What the docstring shows is what happens."""
    ran = doctest.testmod(hookwright_schemas)
    assert (ran.failed, ran.attempted > 0) == (0, True)


ERRORS = [
    (ContractError("contract.toml", "name", "is missing"), 2, "contract.toml: `name` is missing"),
    (UnknownEvent("forn", ["form", "link"]), 2, "unknown event 'forn': use one of form, link"),
    (EncodingError("it is a loop"), 2, "the payload cannot be written as JSON: it is a loop"),
    (
        InvalidPayload(
            [Violation("/a", "is missing", "required"), Violation("", "is odd", "type")]
        ),
        1,
        "the payload is invalid: /a is missing; the payload is odd",
    ),
    (MalformedJSON("it ends", 2, 5), 1, "this is not strict JSON: it ends (line 2, column 5)"),
    (MalformedJSON("it is deep"), 1, "this is not strict JSON: it is deep"),
]


@pytest.mark.parametrize(("error", "exit_code", "text"), ERRORS, ids=lambda each: str(each)[:30])
def test_errors_are_one_line_with_an_exit_code(error: HookwrightError, exit_code: int, text: str):
    """Every error has the one root, so that a command needs to catch nothing else."""
    assert isinstance(error, HookwrightError)
    assert (error.exit_code, str(error)) == (exit_code, text)


def test_code_names_no_event_and_no_field(joturl):
    """A contract is data: the modules would work as well for any other."""
    # Words of the language and of the domain, which stand in code for other reasons.
    words = {"data", "type", "date", "name", "id", "notes", "tags", "alias"}
    names = {event.id for event in joturl.events} | (joturl.reserved - words)
    for module in PACKAGE.glob("*.py"):
        text = module.read_text("utf-8").split('"""', 2)[2]
        assert not [name for name in names if name in text], module.name
