"""The manifests, held against what is really installed."""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hookwright_receiver import STACKS, Answers, Plan, plan_project, render
from hookwright_schemas import Contract

HERE = Path("/somewhere/my-receiver")


@pytest.fixture(params=STACKS)
def plan(request: pytest.FixtureRequest, builtin: Contract) -> Plan:
    """A plan for each stack."""
    return plan_project(Answers(stack=request.param, contract=builtin), HERE)


def installed(requirements: list[str]) -> set[str]:
    """Return the distributions that the requirements bring, theirs included."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in extras
        ):
            continue
        if name in found and not requirement.extras:
            continue
        found.add(name)
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            pytest.fail(f"{name} is not installed: run `make test`")
        for text in needed:
            further = Requirement(text)
            if further.marker is None or any(
                further.marker.evaluate({"extra": extra}) for extra in extras
            ):
                further.marker = None
                waiting.append(further)
    return found


def test_a_manifest_names_every_module_that_a_package_could_hide(plan: Plan) -> None:
    """Whatever the project installs, a package of the same name is refused."""
    project = tomllib.loads(render(plan)[PurePosixPath("pyproject.toml")].decode())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    needed = installed(wanted)
    imports = {
        module
        for module, distributions in packages_distributions().items()
        if module.isidentifier()
        and not module.startswith("_")
        and needed & {canonicalize_name(name) for name in distributions}
    }
    assert imports - sys.stdlib_module_names <= plan.decisions.stack.imports


def test_what_is_yours_is_generated_the_first_time(plan: Plan) -> None:
    """A manifest that names a file which no layer has protects nothing."""
    assert plan.yours <= render(plan).keys()


def test_a_manifest_says_what_to_type_next(plan: Plan) -> None:
    """`new` ends with the commands that make the project run."""
    assert plan.decisions.stack.commands.keys() == {"install", "serve"}
    assert plan.decisions.stack.title
