"""The generator of receiver projects: answers -> plan -> render -> write."""

from hookwright_receiver.generator.answers import AUTHS, SINKS, Answers, Decisions
from hookwright_receiver.generator.errors import (
    GeneratorError,
    InvalidAnswer,
    RecordRefused,
    TargetRefused,
    TemplateError,
    WriteFailed,
)
from hookwright_receiver.generator.memory import Change
from hookwright_receiver.generator.plan import Plan, plan_project
from hookwright_receiver.generator.project import Project, generate, is_project
from hookwright_receiver.generator.render import render
from hookwright_receiver.generator.stacks import STACKS, Stack
from hookwright_receiver.generator.survey import Kept
from hookwright_receiver.generator.write import Written, write

__all__ = [
    "AUTHS",
    "SINKS",
    "STACKS",
    "Answers",
    "Change",
    "Decisions",
    "GeneratorError",
    "InvalidAnswer",
    "Kept",
    "Plan",
    "Project",
    "RecordRefused",
    "Stack",
    "TargetRefused",
    "TemplateError",
    "WriteFailed",
    "Written",
    "generate",
    "is_project",
    "plan_project",
    "render",
    "write",
]
