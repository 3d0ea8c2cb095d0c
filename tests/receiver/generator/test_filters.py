"""How values of a contract are written in generated files."""

import ast
import json
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_receiver.generator.filters import (
    cell,
    is_identifier,
    one_line,
    pascal,
    python_import,
    sentence,
    to_json,
    to_python,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, inner)
        | st.tuples(inner)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_python_literal_means_the_value(value: object) -> None:
    """Whatever a contract holds, the generated module holds the same."""
    assert ast.literal_eval(to_python(value)) == value


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x7f")))
def test_a_json_string_is_a_string_of_toml_too(text: str) -> None:
    """One filter serves pyproject.toml, compose.yaml and JSON."""
    written = to_json(text)
    assert json.loads(written) == text
    assert tomllib.loads(f"x = {written}") == {"x": text}


@pytest.mark.parametrize(
    "text", ["plain", "it's", 'say "x"', "both ' and \"", '""\'', "back\\slash", "\n\t\0", "é", ""]
)
def test_strings_are_quoted_as_the_formatter_does(text: str) -> None:
    """The generated project passes `ruff format --check` untouched."""
    source = f"x = {to_python(text)}\n"
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input=source.encode(),
        capture_output=True,
        check=True,
    )
    assert formatted.stdout.decode() == source


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Message", "FormLead"], "from .events import FormLead, Message"),
        (["b", "A", "LIMIT", "a"], "from .events import LIMIT, A, a, b"),
        (["Same", "Same"], "from .events import Same"),
        (
            [f"Event{'x' * 30}{n}" for n in range(3)],
            "from .events import (\n"
            + "".join(f"    Event{'x' * 30}{n},\n" for n in range(3))
            + ")",
        ),
    ],
)
def test_an_import_is_sorted_and_wrapped(names: list[str], expected: str) -> None:
    """How many events a contract has, and what they are called, is not known in advance."""
    assert python_import(names, ".events") == expected


@pytest.mark.parametrize(
    ("event", "name"),
    [("form_lead", "FormLead"), ("order", "Order"), ("a_1b", "A1b"), ("v2_paid", "V2Paid")],
)
def test_an_event_has_a_class_name(event: str, name: str) -> None:
    """The function is snake case, its class pascal case."""
    assert pascal(event) == name


@pytest.mark.parametrize(
    ("name", "is_one", "why"),
    [
        ("name", True, "a name"),
        ("_id", True, "one underscore is kept"),
        ("é", True, "in NFKC"),
        ("class", False, "a keyword"),
        ("a-b", False, "a sign"),
        ("__v", False, "a class would mangle it"),
        ("__typename", False, "as it would this one"),
        ("ｎａｍｅ", False, "the parser would make it `name`"),  # noqa: RUF001  the point
    ],
)
def test_a_field_keeps_its_name(name: str, is_one: bool, why: str) -> None:
    """What a class would call otherwise is written as a string."""
    assert is_identifier(name) is is_one, why
    if is_one:
        space: dict[str, Any] = {}
        exec(f"class Typed:\n    {name}: int", space)
        assert list(space["Typed"].__annotations__) == [name]


@given(st.text())
def test_texts_cannot_break_out_of_where_they_stand(text: str) -> None:
    """A description is one line, ends no docstring and adds no column to a table."""
    assert "\n" not in one_line(text)
    assert ast.literal_eval(f'"""{sentence(text)}"""').endswith(".")
    assert cell(text).replace("\\\\", "").replace("\\|", "").count("|") == 0
