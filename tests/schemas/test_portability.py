"""The subset of JSON Schema and of regular expressions that every stack reads alike."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hookwright_schemas import ContractError, load_contract
from hookwright_schemas.portability import DIALECTS, check_schema, pattern_problem

from .conftest import SHOP

PORTABLE = [
    "", "^a", "a|b", "(ab)+", "[^@]+@[^@.]+", r"[\x00-\x20\x7f]", "a{2}", "a{2,}", "a{2,3}",
    r"\.\*", r"[\]\\-]", "é", "/", "-", "^[0-9]{4}-[0-9]{2}", "a?b*",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PORTABLE)
def test_portable_patterns(pattern: str):
    """What Python, Rust, PCRE and ECMAScript read alike is let through."""
    assert pattern_problem(pattern) is None
    assert jsonschema_rs.Draft202012Validator({"pattern": pattern})


FOREIGN = [
    ("a$", "Python and PCRE match before a final line end"),
    (r"\d", "digits of other scripts in Python and Rust"),
    (r"\s", "other sets of white space"),
    (r"\w", "other letters"),
    (r"\bword", "other ends of words"),
    (r"\u0041", "PCRE has no such escape"),
    (r"\p{L}", "Python has none"),
    (r"\Aa\Z", "ECMAScript has none"),
    (r"(?=a)", "Rust has no look-around"),
    (r"(?<!a)b", "nor this one"),
    (r"(?i)a", "ECMAScript has no flags inside"),
    (r"(?:a)", "kept out with the rest of (?"),
    (r"(?P<n>a)", "ECMAScript spells it otherwise"),
    (r"(a)\1", "Rust has no back-references"),
    ("a.b", "line ends differ"),
    ("a+?", "lazy"),
    ("a++", "possessive"),
    ("a{,2}", "PCRE and ECMAScript read it as text"),
    ("a{", "ECMAScript with the flag u refuses it"),
    ("]", "and this"),
    (r"\-", "and an escape of what needs none"),
    (r"\n", "written as x0a instead"),
    ("[[a]]", "Rust has classes in classes"),
    ("[a&&b]", "and intersections"),
    ("[a--b]", "and differences"),
    ("[a~~b]", "and symmetric ones"),
    ("[]a]", "an empty class in ECMAScript"),
    ("[^]", "any character in ECMAScript"),
    ("[a", "no end"),
    ("(a", "no end of a group"),
    ("*a", "nothing to repeat"),
]


@pytest.mark.parametrize(("pattern", "reason"), FOREIGN, ids=[row[0] for row in FOREIGN])
def test_other_patterns_are_refused(pattern: str, reason: str):
    """A pattern with two readings has a problem, told in one line."""
    problem = pattern_problem(pattern)
    assert problem, reason
    assert "\n" not in problem


WRONG: list[tuple[Any, str, str]] = [
    (1, "", "must be a schema"),
    (True, "", "must be a schema"),
    ({"const": 1}, "const", "is no keyword"),
    ({"$ref": "http://host.example/x"}, "$ref", "is no keyword"),
    ({"$id": "x"}, "$id", "is no keyword"),
    ({"properties": {"a": {"if": {}}}}, "properties.a.if", "is no keyword"),
    ({"properties": {"a": True}}, "properties.a", "must be a schema"),
    ({"properties": []}, "properties", "must be an object"),
    ({"allOf": [{}, {"not": {"then": {}}}]}, "allOf[1].not.then", "is no keyword"),
    ({"anyOf": {}}, "anyOf", "must be an array"),
    ({"oneOf": []}, "oneOf", "must be an array"),
    ({"items": [{}]}, "items", "must be a schema"),
    ({"format": "email"}, "format", "is none that both ends assert"),
    ({"format": 1}, "format", "is none that both ends assert"),
    ({"items": {"pattern": "a$"}}, "items.pattern", "read in another way"),
    ({"pattern": 1}, "pattern", "must be a text"),
    # A validator would open each of these: nothing is fetched, and nothing is read.
    ({"$schema": "http://127.0.0.1:1/meta"}, "$schema", "draft/2020-12/schema"),
    ({"$schema": "https://example.com/my-meta"}, "$schema", "or left out"),
    ({"$schema": "http://json-schema.org/draft-03/schema#"}, "$schema", "or left out"),
    ({"$schema": "file:///etc/passwd"}, "$schema", "or left out"),
    ({"$schema": 1}, "$schema", "or left out"),
    ({"items": {"$schema": "http://127.0.0.1:1/meta"}}, "items.$schema", "or left out"),
]


@pytest.mark.parametrize(("schema", "key", "problem"), WRONG, ids=[f"{r[1]} {r[2]}" for r in WRONG])
def test_what_is_not_portable_is_named(schema: Any, key: str, problem: str):
    """The error has the file, the place in it and what to do instead."""
    with pytest.raises(ContractError) as caught:
        check_schema(schema, "a.schema.json")
    assert (caught.value.file, caught.value.key) == ("a.schema.json", key)
    assert problem in str(caught.value)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_known_dialects(dialect: str):
    """Drafts from 4 on may be named, with the `#` at the end that some have."""
    check_schema({"$schema": dialect}, "a.schema.json")
    check_schema({"$schema": f"{dialect}#"}, "a.schema.json")


def test_closed_objects_are_portable():
    """`additionalProperties: false` is older than boolean schemas."""
    check_schema({"additionalProperties": False, "properties": {}}, "a.schema.json")
    check_schema({"additionalProperties": {"type": "null"}}, "a.schema.json")


def patterns() -> list[tuple[str, list[str]]]:
    """Return every pattern of both contracts, with every text of the cases to try it on."""
    found: set[str] = set()
    texts: set[str] = set()
    for contract in (load_contract(), load_contract(SHOP)):
        for event in contract.events:
            found.update(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(event.schema)))
            for case in event.cases():
                if isinstance(case.payload, dict):
                    values = [value for value in case.payload.values() if isinstance(value, str)]
                    texts.update(value for value in values if len(value) < 1000)
    return [(json.loads(pattern), sorted(texts)) for pattern in sorted(found)]


PATTERNS = patterns()


@pytest.mark.parametrize(("pattern", "texts"), PATTERNS, ids=[row[0] for row in PATTERNS])
def test_rust_agrees_on_every_text_of_the_cases(pattern: str, texts: list[str]):
    """The fast validator's engine finds what Python's does."""
    rust = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    assert [rust.is_valid(text) for text in texts] == found_here(pattern, texts)


@pytest.mark.parametrize(("pattern", "texts"), PATTERNS, ids=[row[0] for row in PATTERNS])
def test_pcre_agrees_on_every_text_of_the_cases(
    pattern: str, texts: list[str], needs: Callable[..., str], tmp_path: Path
):
    """As PHP uses it."""
    command = [needs("php", "php-cli"), "-n", "-r", PHP, "--"]
    assert found_by(command, pattern, texts, tmp_path) == found_here(pattern, texts)


@pytest.mark.parametrize(("pattern", "texts"), PATTERNS, ids=[row[0] for row in PATTERNS])
def test_ecmascript_agrees_on_every_text_of_the_cases(
    pattern: str, texts: list[str], needs: Callable[..., str], tmp_path: Path
):
    """As Node has it, with the flag that Ajv sets."""
    command = [needs("node", "nodejs"), "-e", NODE]
    assert found_by(command, pattern, texts, tmp_path) == found_here(pattern, texts)


def found_here(pattern: str, texts: list[str]) -> list[bool]:
    """Tell for each text whether Python finds the pattern in it."""
    return [re.search(pattern, text) is not None for text in texts]


def found_by(command: list[str], pattern: str, texts: list[str], folder: Path) -> list[bool]:
    """Ask a program, which reads a file of JSON and prints JSON."""
    given = folder / "given.json"
    given.write_text(json.dumps({"pattern": pattern, "texts": texts}))
    done = subprocess.run([*command, given], capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)


PHP = """
$given = json_decode(file_get_contents($argv[1]), true);
$pattern = '/' . str_replace('/', '\\\\/', $given['pattern']) . '/u';
$match = fn($text) => preg_match($pattern, $text) === 1;
echo json_encode(array_map($match, $given['texts']));
"""
NODE = """
const given = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'));
const pattern = new RegExp(given.pattern, 'u');
console.log(JSON.stringify(given.texts.map((text) => pattern.test(text))));
"""
