"""The whole way: answers, plan, render, write."""

import os
from dataclasses import dataclass
from pathlib import Path

from hookwright_receiver.generator.answers import Answers, Decisions
from hookwright_receiver.generator.errors import TargetRefused
from hookwright_receiver.generator.memory import Change, changes, complete, recall
from hookwright_receiver.generator.plan import plan_project
from hookwright_receiver.generator.render import RECORD, render
from hookwright_receiver.generator.write import Written, write


@dataclass(frozen=True, slots=True)
class Project:
    """A project on the disk: where it is, what was decided, what that changed, what was written."""

    directory: Path
    decisions: Decisions
    written: Written
    changes: tuple[Change, ...] = ()


def generate(directory: Path | str, answers: Answers, *, force: bool = False) -> Project:
    """Generate a receiver project in `directory` and return what came of it.

    A folder with files in it is refused unless `force`; then files that the user changed are kept,
    and so is every decision that `answers` leaves open.
    Raises InvalidAnswer, TargetRefused, RecordRefused, WriteFailed.
    """
    target = Path(os.path.abspath(directory))  # noqa: PTH100  `resolve` would rename a linked folder
    if not force and is_project(target):
        raise TargetRefused(
            target,
            f"{target} holds a project already: add --force to generate it again "
            "(files that you changed are kept), or name another folder",
        )
    memory = recall(target)
    if memory is not None:
        answers = complete(answers, memory)
    plan = plan_project(answers, target)
    changed = () if memory is None else changes(memory, plan.decisions)
    written = write(render(plan), target, force=force, yours=plan.yours)
    return Project(target, plan.decisions, written, changed)


def is_project(directory: Path) -> bool:
    """Tell whether a folder has a record of what was generated there, readable or not."""
    return os.path.lexists(directory / RECORD)
