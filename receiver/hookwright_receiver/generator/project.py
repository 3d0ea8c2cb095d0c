"""The whole way: answers, plan, render, write."""

import os
from dataclasses import dataclass
from pathlib import Path

from hookwright_receiver.generator.answers import Answers, Decisions
from hookwright_receiver.generator.plan import plan_project
from hookwright_receiver.generator.render import render
from hookwright_receiver.generator.write import Written, write


@dataclass(frozen=True, slots=True)
class Project:
    """A project on the disk: where it is, what was decided, and what was written."""

    directory: Path
    decisions: Decisions
    written: Written


def generate(directory: Path | str, answers: Answers, *, force: bool = False) -> Project:
    """Generate a receiver project in `directory` and return what came of it.

    A folder with files in it is refused unless `force`; then files that the user changed are kept.
    Raises InvalidAnswer, TargetRefused, WriteFailed.
    """
    target = Path(os.path.abspath(directory))  # noqa: PTH100  `resolve` would rename a linked folder
    plan = plan_project(answers, target)
    written = write(render(plan), target, force=force, yours=plan.yours)
    return Project(target, plan.decisions, written)
