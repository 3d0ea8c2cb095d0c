# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What can go wrong while a project is generated.

HookwrightError
└── GeneratorError
    ├── InvalidAnswer    an answer that no project can be made from
    ├── TargetRefused    a folder that is not ours to write into
├── RecordRefused    a `.hookwright.json` that does not say how to generate the project again
    ├── WriteFailed      the operating system refused; nothing, or nothing by half, was written
    └── TemplateError    a stack whose templates are broken
"""

from pathlib import Path

from hookwright_schemas import HookwrightError


class GeneratorError(HookwrightError):
    """The root of the generator's errors."""


class InvalidAnswer(GeneratorError):
    """An answer that no project can be made from; `answer` names it (`name`, `path`...)."""

    def __init__(self, answer: str, message: str) -> None:
        super().__init__(message)
        self.answer = answer


class TargetRefused(GeneratorError):
    """A folder that is not ours to write into: `path` exists and holds something."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


class RecordRefused(GeneratorError):
    """A `.hookwright.json` that does not say how to generate its project again; `path` is it."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path} {message}")
        self.path = path


class WriteFailed(GeneratorError):
    """The operating system refused to write; the message says what stands in `path` now."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


class TemplateError(GeneratorError):
    """A template or a manifest of a stack is broken; `source` is its path in the templates."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(message)
        self.source = source
