"""Which answers make a project, and which are refused with a remedy."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from hookwright_receiver import STACKS, Answers, plan_project
from hookwright_receiver.generator import InvalidAnswer
from hookwright_receiver.generator.answers import check_path, check_sinks
from hookwright_schemas import Contract, HookwrightError

HERE = Path("/somewhere/my-receiver")


def made_up(
    events: Iterable[str], reserved: Iterable[str] = (), fields: Iterable[str] = ()
) -> Contract:
    """Return as much of a contract as a plan looks at."""
    named = tuple(SimpleNamespace(name=field) for field in fields)
    ids = tuple(SimpleNamespace(id=event, fields=named) for event in events)
    return cast("Contract", SimpleNamespace(name="x", events=ids, reserved=frozenset(reserved)))


REFUSED = [
    # answer, value, part of the message, reason
    ("name", "", "must be", "no name at all"),
    ("name", "2fast", "must be", "no identifier begins with a digit"),
    ("name", "my receiver", "must be", "a space is no part of an identifier"),
    ("name", "my.receiver", "must be", "a dot would make a package inside a package"),
    ("name", "-receiver", "must be", "pip would take it for an option"),
    ("name", "receiver-", "must be", "no distribution ends in a hyphen"),
    ("name", "_receiver", "must be", "no distribution begins with an underscore"),
    ("name", "café", "must be", "a distribution's name is ASCII"),
    ("name", "../escape", "must be", "a path is no name"),
    ("name", "receiver\n", "must be", "`$` would let a final line break pass"),
    ("name", "a" * 49, "longer", "imports would not fit a line"),
    ("name", "class", "keyword", "`import class` is a syntax error"),
    ("name", "async", "keyword", "a keyword since 3.7"),
    ("name", "json", "standard library", "the receiver itself imports json"),
    ("name", "JSON", "standard library", "the same file where case does not count"),
    ("name", "distutils", "standard library", "gone in 3.12, there in 3.11"),
    ("name", "compression", "standard library", "new in 3.14, absent in 3.11"),
    ("name", "concurrent", "standard library", "a package of modules"),
    ("name", "test", "standard library", "CPython's own tests, in no list of modules"),
    ("name", "psycopg", "depends on", "a dependency of every stack"),
    ("name", "Psycopg", "depends on", "the same file where case does not count"),
    ("name", "jsonschema-rs", "depends on", "as a package it is jsonschema_rs"),
    ("name", "pytest", "depends on", "the tests would import the receiver"),
    ("name", "tests", "clash", "the folder of the project's own tests"),
    ("path", "", "begin with a slash", "an empty option is a mistake, not a default"),
    ("path", "webhooks", "begin with a slash", "a request's path begins with one"),
    ("path", "/", "cannot be / alone", "it would be no path after normalisation"),
    ("path", "///", "cannot be / alone", "the same, written longer"),
    ("path", "/a//b", "plain segments", "proxies merge the slashes"),
    ("path", "/a b", "plain segments", "a space ends a request target"),
    ("path", "/a?b=1", "plain segments", "a query is no part of a route"),
    ("path", "/a#b", "plain segments", "a fragment is never sent"),
    ("path", "/a%2Fb", "plain segments", "servers differ on escapes"),
    ("path", "/{id}", "plain segments", "Starlette would take it for a parameter"),
    ("path", "/<id>", "plain segments", "Flask would take it for a parameter"),
    ("path", "/a/../b", "plain segments", "clients resolve it before they send"),
    ("path", "/.", "plain segments", "the same"),
    ("path", "/é", "plain segments", "not ASCII on the wire"),
    ("path", "/a\n", "plain segments", "it would break a header"),
    ("path", "/" + "a" * 200, "longer", "more than proxies let pass"),
    ("path", "/healthz", "receiver's own", "operations answer there"),
    ("path", "/readyz/", "receiver's own", "the same after normalisation"),
    ("path", "/metrics", "receiver's own", "operations answer there"),
    ("sinks", ("xml",), "no sink 'xml'", "no template writes it"),
    ("sinks", ("none", "csv"), "beside another", "the two contradict each other"),
    ("auth", "basic", "no way to know", "no template does it"),
    ("stack", "rails", "no stack 'rails'", "there is no such folder of templates"),
]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    ("answer", "value", "message", "reason"),
    REFUSED,
    ids=[f"{answer}={value!r:.24}" for answer, value, *_ in REFUSED],
)
def test_an_answer_that_makes_no_project_is_refused(  # noqa: PLR0913, PLR0917  a column each
    builtin: Contract, stack: str, answer: str, value: object, message: str, reason: str
) -> None:
    """One line says what is wrong and which option to change."""
    answers = replace(Answers(contract=builtin, stack=stack), **{answer: value})
    with pytest.raises(InvalidAnswer) as refusal:
        plan_project(answers, HERE)
    assert message in str(refusal.value), reason
    assert refusal.value.answer == answer.rstrip("s")
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)
    assert f"--{refusal.value.answer}" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("my-receiver", "my_receiver"),
        ("leads", "leads"),
        ("a", "a"),
        ("Leads2", "Leads2"),
        ("a" * 48, "a" * 48),
        ("match", "match"),  # a word that is a keyword only where a statement begins
        ("json-receiver", "json_receiver"),
        ("hookwright", "hookwright"),  # generated projects never import the kit
    ],
)
def test_the_package_is_the_name_with_underscores(
    builtin: Contract, name: str, package: str
) -> None:
    """A hyphen is for people, an underscore for Python."""
    decisions = plan_project(Answers(name=name, contract=builtin), HERE).decisions
    assert (decisions.name, decisions.package) == (name, package)


def test_each_stack_refuses_the_packages_that_it_runs_on(builtin: Contract) -> None:
    """A package called `flask` hides Flask, so no Flask receiver can be called that."""
    for stack in STACKS.values():
        for name in stack.imports:
            with pytest.raises(InvalidAnswer):
                plan_project(Answers(name=name, stack=stack.name, contract=builtin), HERE)


def test_what_is_left_open_comes_from_the_folder_and_the_contract(builtin: Contract) -> None:
    """`hookwright new my-receiver` needs no further answer."""
    decisions = plan_project(Answers(contract=builtin), HERE).decisions
    assert decisions.name == "my-receiver"
    assert decisions.path == f"/webhooks/{builtin.name}"
    assert decisions.auth == "token"
    assert decisions.sinks == ()


def test_a_folder_with_a_bad_name_is_blamed_on_the_folder(builtin: Contract) -> None:
    """Nobody typed that name, so the message says where it came from."""
    with pytest.raises(
        InvalidAnswer, match=r"^the folder's name 'json' .* choose another with --name"
    ):
        plan_project(Answers(contract=builtin), Path("/somewhere/json"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((), ()),
        (("none",), ()),
        (("none", "none"), ()),
        (("csv",), ("csv",)),
        (("sql", "csv", "sql"), ("csv", "sql")),
        (("sql", "jsonl", "csv"), ("csv", "jsonl", "sql")),
    ],
)
def test_sinks_stand_once_and_in_one_order(given: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """Two ways to say the same generate the same files."""
    assert check_sinks(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/webhooks", "/webhooks"),
        ("/webhooks/", "/webhooks"),
        ("/a/b-c/d_e.f~g", "/a/b-c/d_e.f~g"),
        ("/healthz/hook", "/healthz/hook"),
        ("/.well-known/hook", "/.well-known/hook"),
        ("/" + "a" * 199, "/" + "a" * 199),
    ],
)
def test_a_path_is_kept_without_its_last_slash(given: str, kept: str) -> None:
    """The receiver takes both, so the settings hold one."""
    assert check_path(given) == kept


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (("Order",), "lower-case"),
        (("order-paid",), "lower-case"),
        (("2nd",), "lower-case"),
        (("order__paid",), "lower-case"),
        (("order_paid_",), "lower-case"),
        (("class",), "keyword"),
        (("print",), "built in"),
        (("value_error",), "built in"),
        (("message",), "generated code"),
        (("order_1", "order1"), "share the class"),
    ],
)
def test_an_event_must_be_the_name_of_a_function_and_of_a_class(
    ids: tuple[str, ...], message: str
) -> None:
    """A contract is anybody's data, and its event ids become code."""
    contract = made_up(ids)
    with pytest.raises(InvalidAnswer, match=message):
        plan_project(Answers(contract=contract), HERE)


def test_a_documented_token_leaves_no_room_for_ours() -> None:
    """The parameter that names the sender would overwrite a field of the event."""
    contract = made_up(["order"], reserved=["token"])
    with pytest.raises(InvalidAnswer, match="--auth signature"):
        plan_project(Answers(contract=contract), HERE)
    assert plan_project(Answers(contract=contract, auth="signature"), HERE).decisions


def test_every_refusal_is_an_error_of_the_kit() -> None:
    """The command line maps one root to a line and an exit code."""
    assert issubclass(InvalidAnswer, HookwrightError)
