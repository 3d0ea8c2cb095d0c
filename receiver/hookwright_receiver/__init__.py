"""The receiving end: generates receiver projects, and grades a receiver case by case."""

from hookwright_receiver.generator import (
    STACKS,
    Answers,
    Plan,
    Project,
    Written,
    generate,
    plan_project,
    render,
    write,
)

__all__ = [
    "STACKS",
    "Answers",
    "Plan",
    "Project",
    "Written",
    "generate",
    "plan_project",
    "render",
    "write",
]
