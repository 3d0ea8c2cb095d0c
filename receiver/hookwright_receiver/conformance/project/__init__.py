"""A generated project as a target: run in scratch copies, with everything of its own."""

from .target import ProjectTarget

__all__ = ["ProjectTarget"]
