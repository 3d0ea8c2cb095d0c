"""From templates to files: layers, names, what is left out, what is broken."""

import hashlib
import json
from pathlib import Path, PurePosixPath

import pytest

from hookwright_receiver import STACKS, Answers, plan_project, render
from hookwright_receiver.generator import TemplateError
from hookwright_receiver.generator.stacks import load_stacks
from hookwright_schemas import Contract

HERE = Path("/somewhere/my-receiver")
MANIFEST = """
title = "Made up"
layers = ["common", "mine"]
dependencies = []
imports = ["wsgiref2"]
"""
LAYER = """
imports = ["pluggy2"]
reserved = ["print2"]
yours = ["__package__/handlers.txt"]
commands = {install = "true", serve = "true"}
"""


def rendered_from(
    root: Path, files: dict[str, str], contract: Contract, **answers: object
) -> dict[str, str]:
    """Render a made-up stack of two layers."""
    for path, text in {"mine/stack.toml": MANIFEST, "common/layer.toml": LAYER, **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    plan = plan_project(
        Answers(stack="mine", contract=contract, **answers),
        HERE,
        root=root,
        stacks=load_stacks(root),
    )
    return {str(path): content.decode() for path, content in render(plan).items()}


def test_a_later_layer_replaces_a_file_of_an_earlier_one(tmp_path: Path, builtin: Contract) -> None:
    """A stack changes what it must, and takes the rest."""
    files = rendered_from(
        tmp_path,
        {
            "common/a.txt.jinja": "common {{ project.name }}\n",
            "common/b.txt": "common\n",
            "mine/a.txt": "mine {{ not rendered }}\n",
        },
        builtin,
    )
    assert files["a.txt"] == "mine {{ not rendered }}\n"
    assert files["b.txt"] == "common\n"


def test_paths_follow_the_package_and_lose_the_suffix(tmp_path: Path, builtin: Contract) -> None:
    """`__package__/x.py.jinja` is `my_receiver/x.py`; the manifest is no file of the project."""
    files = rendered_from(tmp_path, {"mine/__package__/deep/x.py.jinja": "1\n"}, builtin)
    assert files["my_receiver/deep/x.py"] == "1\n"
    assert not {"stack.toml", "layer.toml"} & files.keys()


def test_white_space_alone_is_no_file(tmp_path: Path, builtin: Contract) -> None:
    """A module that the answers leave without content is left out."""
    source = "{% if 'sql' in project.sinks %}\nx\n{% endif %}\n"
    assert "s.py" not in rendered_from(tmp_path, {"mine/s.py.jinja": source}, builtin)
    assert rendered_from(tmp_path, {"mine/s.py.jinja": source}, builtin, sinks=("sql",))["s.py"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ project.nmae }}", "a misspelt name is an error, not an empty string"),
        ("{{ nothing }}", "so is one that is not there at all"),
        ("{% if %}", "a syntax error"),
        ("{{ ''.__class__.__mro__ }}", "templates are data, kept away from Python's insides"),
        ("{{ '1' | nofilter }}", "no such filter"),
        ("{{ 1 / 0 }}", "an error of Python's own inside a template"),
    ],
)
def test_a_broken_template_is_named(
    tmp_path: Path, builtin: Contract, source: str, reason: str
) -> None:
    """One line, with the template's path."""
    with pytest.raises(TemplateError) as broken:
        rendered_from(tmp_path, {"mine/x.txt.jinja": source}, builtin)
    assert broken.value.source == "mine/x.txt.jinja", reason
    assert "\n" not in str(broken.value)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("title = ", "is not TOML"),
        ('title = "x"', "exactly its known keys"),
        (MANIFEST.replace("title", "titel"), "titel, title"),
        (MANIFEST.replace('"common"', '"comon"'), "no folder 'comon'"),
    ],
)
def test_a_broken_manifest_is_named(
    tmp_path: Path, builtin: Contract, manifest: str, message: str
) -> None:
    """Whoever adds a stack is told what its manifest lacks."""
    with pytest.raises(TemplateError, match=message):
        rendered_from(tmp_path, {"mine/stack.toml": manifest}, builtin)


def test_the_contract_is_vendored_byte_for_byte(builtin: Contract) -> None:
    """A receiver has the schemas, how to tell events apart, and the sender's own bytes."""
    files = render(plan_project(Answers(contract=builtin), HERE))
    schemas = PurePosixPath("my_receiver/schemas")
    contract = json.loads(files[schemas / "contract.json"])
    assert (contract["name"], contract["digest"]) == (builtin.name, builtin.digest)
    assert [event["id"] for event in contract["events"]] == [event.id for event in builtin.events]
    for event, described in zip(builtin.events, contract["events"], strict=True):
        assert json.loads(files[schemas / described["schema"]]) == event.schema
        for sample in event.samples:
            body = files[schemas / "samples" / f"{sample.name}.json"]
            assert body == builtin.encode(sample.payload)


@pytest.mark.parametrize("stack", STACKS)
def test_the_record_has_a_hash_of_every_file(builtin: Contract, stack: str) -> None:
    """`.hookwright.json` tells later what was generated, and from which answers."""
    answers = Answers(stack=stack, contract=builtin, auth="signature", sinks=("csv",))
    files = render(plan_project(answers, HERE))
    record = json.loads(files[PurePosixPath(".hookwright.json")])
    assert record["files"] == {
        str(path): hashlib.sha256(content).hexdigest()
        for path, content in files.items()
        if path.name != ".hookwright.json"
    }
    assert record["answers"] == {
        "name": "my-receiver",
        "stack": stack,
        "auth": "signature",
        "sinks": ["csv"],
        "path": f"/webhooks/{builtin.name}",
    }
    assert record["contract"]["digest"] == builtin.digest


def test_rendering_twice_gives_the_same_bytes(builtin: Contract) -> None:
    """No time, no random number, no order of a set gets into a file."""
    plan = plan_project(Answers(contract=builtin), HERE)
    assert render(plan) == render(plan_project(Answers(contract=builtin), HERE))
