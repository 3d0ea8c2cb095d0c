"""Programs of the system that tests talk to, and what happens where one is missing."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest


def needs(program: str, package: str, *, folders: Sequence[Path] = ()) -> str:
    """Return the path of a program, looked for in `folders` too; without it the test is skipped.

    With `CI=true` it fails instead: there `.ci/run` has installed every one of them.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)])
    found = shutil.which(program, path=path)
    if found is None:
        message = f"this test needs {program}: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found
