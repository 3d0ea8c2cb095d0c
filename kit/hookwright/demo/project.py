"""The projects of a demo: rendered, held against what is installed, written."""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from hookwright_receiver import STACKS, Answers, plan_project, render, write
from hookwright_schemas import Contract

# The layer of every stack that this interpreter can run.
PYTHON = "python"
SINK = "sql"
TOKEN_SETTING = "WEBHOOK_TOKENS="  # noqa: S105  the setting's name, no secret
DISTRIBUTION = re.compile(r"[A-Za-z0-9._-]+")


def runnable_stacks() -> tuple[str, ...]:
    """Return the stacks that the kit's own interpreter can run."""
    return tuple(name for name, stack in STACKS.items() if PYTHON in stack.layers)


@dataclass(frozen=True)
class Rendered:
    """A project that is not written yet. `path` is where it takes its webhook."""

    stack: str
    name: str
    package: str
    path: str
    files: Mapping[PurePosixPath, bytes]


@dataclass(frozen=True)
class Project:
    """A project on the disk, with a token of its own in its `.env`."""

    stack: str
    package: str
    path: str
    directory: Path
    token: str


def render_project(stack: str, contract: Contract) -> Rendered:
    """Render a project with a token and the sink `sql`, whose rows show what has been handled.

    Raises InvalidAnswer, and ImportError where one of its dependencies is not installed here.
    """
    name = f"{stack}-receiver"
    plan = plan_project(Answers(stack=stack, sinks=(SINK,), contract=contract), Path(name))
    files = render(plan)
    manifest = tomllib.loads(files[PurePosixPath("pyproject.toml")].decode())
    for dependency in manifest["project"]["dependencies"]:
        distribution = DISTRIBUTION.match(dependency)
        if distribution is not None:
            version(distribution[0])
    decisions = plan.decisions
    return Rendered(stack, name, decisions.package, decisions.path, files)


def write_project(rendered: Rendered, root: Path) -> Project:
    """Write a project into a new folder below `root`, ready to serve; raises WriteFailed."""
    directory = root / rendered.name
    write(rendered.files, directory)
    token = secrets.token_hex(24)
    settings = (directory / ".env.example").read_text("utf-8")
    settings = settings.replace(f"\n{TOKEN_SETTING}\n", f"\n{TOKEN_SETTING}{token}\n")
    descriptor = os.open(directory / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(settings)
    return Project(rendered.stack, rendered.package, rendered.path, directory, token)
