"""Which files a project will have, and which template each one comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from hookwright_receiver.generator.answers import Answers, Decisions, decide
from hookwright_receiver.generator.stacks import STACKS, Stack, layer_files, templates

PACKAGE = "__package__"
TEMPLATE_SUFFIX = ".jinja"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file comes from: its path in the templates, and its content before it is rendered."""

    path: PurePosixPath
    content: bytes

    @property
    def is_template(self) -> bool:
        """Whether it is rendered; otherwise it is copied as it stands."""
        return self.path.suffix == TEMPLATE_SUFFIX


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be generated: `sources` by path in the project.

    `yours` are the files that are the user's once they exist.
    """

    decisions: Decisions
    sources: Mapping[PurePosixPath, Source]
    yours: frozenset[PurePosixPath]


def plan_project(
    answers: Answers,
    directory: Path,
    *,
    root: Traversable | None = None,
    stacks: Mapping[str, Stack] = STACKS,
) -> Plan:
    """Decide what a project in `directory` will consist of; nothing is read from or written to it.

    `root` is the folder of templates; the installed one by default. Raises InvalidAnswer.
    """
    decisions = decide(answers, directory, stacks)
    root = templates() if root is None else root
    sources: dict[PurePosixPath, Source] = {}
    for layer in decisions.stack.layers:
        for path, content in layer_files(root, layer):
            sources[target_path(path, decisions.package)] = Source(
                PurePosixPath(layer) / path, content
            )
    return Plan(
        decisions=decisions,
        sources=MappingProxyType(dict(sorted(sources.items()))),
        yours=frozenset(target_path(path, decisions.package) for path in decisions.stack.yours),
    )


def target_path(path: PurePosixPath, package: str) -> PurePosixPath:
    """Return where a template's file goes: `__package__/app.py.jinja` -> `my_receiver/app.py`."""
    parts = [package if part == PACKAGE else part for part in path.parts]
    return PurePosixPath(*parts[:-1], parts[-1].removesuffix(TEMPLATE_SUFFIX))
