"""Reading a contract's folder: what it becomes, and how a mistake in it is named."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright_schemas import Contract, ContractError, load_contract

from .conftest import SHOP

BUILT_IN = Path(load_contract.__code__.co_filename).parent / "joturl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the made-up contract, to be spoilt."""
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def test_the_built_in_contract_is_read_once():
    """Commands and fixtures ask for it again and again."""
    assert load_contract() is load_contract()


def test_the_built_in_contract_holds_as_a_folder_of_a_user(joturl: Contract):
    """What is skipped for it at every start is true of it: metaschema, keywords, samples."""
    assert load_contract(BUILT_IN).digest == joturl.digest
    assert load_contract(str(BUILT_IN)).identity == joturl.identity


def test_what_a_contract_holds(shop: Contract):
    """Everything that the manifest says, and what the schemas say of the fields."""
    assert (shop.name, shop.version, shop.encoding) == ("shop", "2.1.0", "json")
    assert shop.idempotency_header == "x-shop-delivery"
    assert (shop.classification.by, shop.classification.header) == ("header", "x-shop-event")
    order, stock = shop.events
    assert (order.command, order.value) == ("paid", "order.paid")
    assert [sample.name for sample in order.samples] == ["order_paid", "order_paid_in_full"]
    assert stock.idempotency_pointer is None
    types = {field.name: field.type for field in order.fields}
    assert types == {
        "order": "object",
        "total": "number",
        "items": "array",
        "express": "boolean",
        "ship_on": "string",
        "note": "string",
    }
    required = {field.name for field in order.fields if field.required}
    assert required == {"order", "total", "items", "express"}
    assert order.fields[1].title == "Total"
    assert order.fields[1].examples == (19.9,)
    assert shop.reserved == {*types, "article", "left", "level"}


def test_the_identity_names_contract_version_and_digest(contract: Contract):
    """It is the value of a header: visible ASCII, and the parts can be told apart."""
    pattern = r"[a-z-]+; version=[0-9.]+; digest=sha256:[0-9a-f]{64}"
    assert re.fullmatch(pattern, contract.identity)
    assert contract.identity.startswith(f"{contract.name}; version={contract.version}; ")


def edit(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change what a JSON file of the folder says."""
    file = folder / name
    file.write_text(json.dumps(change(json.loads(file.read_text()))))


def test_the_digest_is_of_the_meaning(shop: Contract, folder: Path):
    """Layout, the order of members, cases and titles of the manifest make no other contract."""
    schema = folder / "stock_low.schema.json"
    document = json.loads(schema.read_text())
    schema.write_text(json.dumps(dict(reversed(document.items())), indent=7))
    (folder / "cases" / "stock_low.json").write_text('{"cases": []}')
    manifest = folder / "contract.toml"
    manifest.write_text(manifest.read_text().replace("Stock low", "Low stock") + "\n# the end\n")
    assert load_contract(folder).digest == shop.digest


CHANGES: list[tuple[str, Callable[[Path], None]]] = [
    ("a rule", lambda f: edit(f, "stock_low.schema.json", lambda s: s | {"maxProperties": 9})),
    ("a description", lambda f: edit(f, "stock_low.schema.json", lambda s: s | {"title": "x"})),
    ("the value of an event", lambda f: swap(f, 'value = "stock.low"', 'value = "stock.few"')),
    ("the header", lambda f: swap(f, 'header = "x-shop-event"', 'header = "x-event"')),
]


def swap(folder: Path, old: str, new: str) -> None:
    """Change the text of the manifest."""
    manifest = folder / "contract.toml"
    text = manifest.read_text()
    assert text.count(old) >= 1, old
    manifest.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[what for what, _ in CHANGES])
def test_the_digest_tells_contracts_apart(
    shop: Contract, folder: Path, what: str, change: Callable[[Path], None]
):
    """Whatever changes a verdict or the event changes the digest."""
    change(folder)
    assert load_contract(folder).digest != shop.digest, what


# old text of contract.toml, new text, key, part of the message
MANIFEST = [
    ('name = "shop"\n', "", "name", "is missing"),
    ('name = "shop"', "name = 1", "name", "must be a text"),
    ('name = "shop"', 'name = "My Shop"', "name", "in lower case"),
    ('name = "shop"', 'name = ""', "name", "must be a text"),
    ('version = "2.1.0"', 'version = "two"', "version", "like 1.0.0"),
    ('version = "2.1.0"', "version = 2.1", "version", "must be a text"),
    ('version = "2.1.0"', 'version = "2.1.0; x"', "version", "like 1.0.0"),
    ("title = ", "titel = ", "title", "is missing"),
    ('title = "Webhooks of', 'title = "Two\\nlines', "title", "on one line"),
    ('encoding = "json"', 'encoding = "xml"', "encoding", "one of php-json, json"),
    ("[classification]", "[classifications]", "classification", "is missing"),
    ('by = "header"', 'by = "path"', "classification.by", "one of shape, header, pointer"),
    ('by = "header"', 'by = "shape"', "classification.header", "told apart by shape: remove it"),
    ('by = "header"', 'by = "pointer"', "classification.header", "told apart by pointer"),
    ('header = "x-shop-event"\n', "", "classification.header", "is missing"),
    ('"x-shop-event"', '"x shop"', "classification.header", "letters, digits and `-`"),
    ('header = "x-shop-event"', 'header = "x-e"\npath = "/a"', "classification.path", "not known"),
    ('"x-shop-delivery"', '""', "idempotency.header", "must be a text"),
    ('header = "x-shop-delivery"', "", "idempotency.header", "is missing"),
    ('"x-shop-delivery"', '"x\u00fc"', "idempotency.header", "letters, digits and `-`"),
    (
        '[idempotency]\nheader = "x-shop-delivery"',
        "idempotency = 1",
        "classification.idempotency",
        "not known",
    ),
    ("[[events]]", "[events]", "", "TOML|tables"),
    ('id = "order_paid"', 'id = "order-paid"', "events[0].id", "in lower case with `_`"),
    ('id = "order_paid"', 'id = "class"', "events[0].id", "Python"),
    ('id = "order_paid"', 'id = "stock_low"', "events[1].id", "is taken by the event stock_low"),
    ('command = "paid"', 'command = "Paid"', "events[0].command", "in lower case"),
    ('command = "paid"', 'command = "stock-low"', "events[1].command", "is taken by"),
    ('title = "Order paid"', 'titles = "x"', "events[0].title", "is missing"),
    ('schema = "order_paid', 'schema = "../order_paid', "events[0].schema", "inside the contract"),
    ('schema = "order_paid', 'schema = "/order_paid', "events[0].schema", "inside the contract"),
    ('samples = ["samples/stock_low.json"]', "samples = []", "events[1].samples", "is missing"),
    ('samples = ["samples/stock_low.json"]', 'samples = "a"', "events[1].samples", "an array"),
    ('["samples/stock_low.json"]', '["a.json", "a.json"]', "events[1].samples", "twice"),
    ('cases = "cases/stock', 'cases = "..\\\\cases/stock', "events[1].cases", "inside"),
    ('value = "stock.low"', "", "events[1].value", "is missing"),
    ('value = "stock.low"', 'value = "order.paid"', "events[1].value", "is taken by"),
    ('value = "stock.low"', 'value = "a"\npresent = ["left"]', "events[1].present", "remove it"),
    ('value = "stock.low"', 'value = "a"\nabsent = ["left"]', "events[1].absent", "remove it"),
    ('"/order/number"', '"order/number"', "events[0].idempotency_pointer", "like /id"),
    ('"/order/number"', '"/order"', "events[0].idempotency_pointer", "leads to no text in"),
    ('value = "stock.low"', 'value = "a"\nweight = 1', "events[1].weight", "use id, command"),
]


@pytest.mark.parametrize(
    ("old", "new", "key", "message"), MANIFEST, ids=[f"{r[2]} {r[1]}" for r in MANIFEST]
)
def test_a_mistake_in_the_manifest_is_named(
    folder: Path, old: str, new: str, key: str, message: str
):
    """File, key and remedy, in one line."""
    swap(folder, old, new)
    with pytest.raises(ContractError, match=message) as caught:
        load_contract(folder)
    assert caught.value.file == "contract.toml"
    assert not key or caught.value.key == key
    assert "\n" not in str(caught.value)


SHAPE = """
name = "c"
version = "1.0.0"
title = "t"
encoding = "json"
[classification]
by = "shape"
[[events]]
id = "a"
command = "a"
title = "t"
description = "d"
schema = "a.schema.json"
samples = ["a.json"]
"""


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ("", "events[0].present", "name the members that make this event"),
        ('present = ["x", "x"]', "events[0].present", "the same text twice"),
        ("present = [1]", "events[0].present", "an array of texts"),
        ('present = ["x"]\nvalue = "a"', "events[0].value", "told apart by shape: remove it"),
    ],
)
def test_a_mistake_in_a_shape_is_named(tmp_path: Path, more: str, key: str, message: str):
    """The rules of events that are told apart by their members."""
    (tmp_path / "contract.toml").write_text(SHAPE + more)
    with pytest.raises(ContractError, match=message) as caught:
        load_contract(tmp_path)
    assert caught.value.key == key


def write(name: str, content: str) -> Callable[[Path], object]:
    """Replace a file of the folder."""
    return lambda folder: (folder / name).write_text(content)


STOCK = "stock_low.schema.json"
SAMPLE = "samples/stock_low.json"
FILES: list[tuple[Callable[[Path], object], str, str, str]] = [
    (lambda f: (f / "contract.toml").unlink(), "contract.toml", "", "has no file contract.toml"),
    (shutil.rmtree, "contract.toml", "", "there is no folder"),
    (lambda f: (f / STOCK).unlink(), STOCK, "", "has no file"),
    (lambda f: (f / SAMPLE).unlink(), SAMPLE, "", "has no file"),
    (
        lambda f: ((f / SAMPLE).unlink(), (f / SAMPLE).mkdir()),
        SAMPLE,
        "",
        "cannot be read: Is a directory",
    ),
    (write("contract.toml", "name = "), "contract.toml", "", "is no TOML"),
    (
        write("contract.toml", SHAPE.partition("[[events]]")[0]),
        "contract.toml",
        "events",
        "describe each one in a table",
    ),
    (
        write("contract.toml", SHAPE.partition("[[events]]")[0].replace("[cl", "events=[1]\n[cl")),
        "contract.toml",
        "events[0]",
        "must be a table",
    ),
    (lambda f: (f / "contract.toml").write_bytes(b"\xff"), "contract.toml", "", "is no TOML"),
    (write(STOCK, "{"), STOCK, "", "not strict JSON"),
    (write(STOCK, '{"type":"object","type":"object"}'), STOCK, "", "stands twice"),
    (write(STOCK, "[]"), STOCK, "", "must be a schema"),
    (write(STOCK, '{"type":"array"}'), STOCK, "type", 'must be "object"'),
    (write(STOCK, '{"type":"objekt"}'), STOCK, "type", "JSON Schema"),
    (write(STOCK, '{"type":"object","minLength":-1}'), STOCK, "minLength", "JSON Schema"),
    (write(STOCK, '{"type":"object","const":1}'), STOCK, "const", "is no keyword"),
    (write(STOCK, '{"type":"object","properties":{"a":{}}}'), STOCK, "properties.a.type", "one of"),
    (
        write(STOCK, '{"type":"object","properties":{"a":{"type":["null"]}}}'),
        STOCK,
        "properties.a.type",
        "one of",
    ),
    (write(SAMPLE, "[]"), SAMPLE, "", "must hold a JSON object"),
    (write(SAMPLE, '{"article":1,}'), SAMPLE, "", "not strict JSON"),
    (write(SAMPLE, '{"article":"tea"}'), SAMPLE, "/left", "is missing"),
]


@pytest.mark.parametrize(
    ("spoil", "file", "key", "message"), FILES, ids=[f"{row[1]} {row[3]}" for row in FILES]
)
def test_a_mistake_in_a_file_is_named(
    folder: Path, spoil: Callable[[Path], object], file: str, key: str, message: str
):
    """The file, the place in it and what is wrong, in one line."""
    spoil(folder)
    with pytest.raises(ContractError, match=message) as caught:
        load_contract(folder)
    assert (caught.value.file, caught.value.key) == (file, key)
    assert "\n" not in str(caught.value)


def test_a_sample_of_another_shape_is_refused(tmp_path: Path):
    """A documented message that a receiver would take for another event."""
    other = SHAPE.partition("[[events]]")[2].replace('"a"', '"b"')
    (tmp_path / "contract.toml").write_text(
        f'{SHAPE}present = ["x"]\n[[events]]{other}present = ["y"]\n'
    )
    (tmp_path / "a.schema.json").write_text('{"type":"object"}')
    (tmp_path / "a.json").write_text('{"x":1}')
    with pytest.raises(ContractError, match=r"a\.json: has the shape of a, not of b"):
        load_contract(tmp_path)


def test_a_contract_without_options(tmp_path: Path):
    """Cases, keys and even documented fields are optional."""
    (tmp_path / "contract.toml").write_text(f'{SHAPE}present = ["x"]\n')
    (tmp_path / "a.schema.json").write_text('{"type":"object"}')
    (tmp_path / "a.json").write_text('{"x":1}')
    contract = load_contract(tmp_path)
    (event,) = contract.events
    assert (event.cases(), event.fields, contract.idempotency_header) == ((), (), None)
    assert contract.idempotency_key({"x": 1}) is None
    assert event.samples[0].body == b'{"x":1}'


def test_cases_are_read_when_they_are_asked_for(folder: Path):
    """A receiver has no use for them; a mistake in them is named like any other."""
    cases = folder / "cases" / "stock_low.json"
    cases.write_text('{"cases": 1}')
    contract = load_contract(folder)
    with pytest.raises(ContractError, match=r"cases/stock_low\.json: `cases` must be"):
        contract.event("stock_low").cases()
    order = contract.event("order_paid")
    assert order.cases() is order.cases()
