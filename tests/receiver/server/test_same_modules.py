"""What the tests of one stack show of a module, they show of it in every stack."""

from pathlib import Path, PurePosixPath

import pytest

from hookwright_receiver import Answers, plan_project, render

from .conftest import PYTHON_STACKS, SAME_MODULES


@pytest.mark.parametrize("stack", PYTHON_STACKS[1:])
def test_every_stack_has_the_same_modules(stack: str, tmp_path: Path) -> None:
    """Byte for byte as in the stack that is tested; `ONE_STACK` is for no module that is not."""

    def modules(of: str) -> list[bytes]:
        files = render(plan_project(Answers(name="any", stack=of, auth="none"), tmp_path))
        return [files[PurePosixPath(f"any/{name}.py")] for name in SAME_MODULES]

    assert modules(stack) == modules(PYTHON_STACKS[0])
