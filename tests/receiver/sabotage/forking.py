"""Run by the tests: pytest in one project after another, each time in a fork of this process.

What all of them import, and Python itself, is there by then; nothing of a project ever is. Each
line that comes is a JSON object, `{"project": ..., "tests": [...], "output": ...}`; the answer is
the exit code, a line.
"""

import importlib
import json
import os
import sys
from contextlib import suppress

import pytest

# A project whose stack needs others imports these by itself.
DEPENDENCIES = (
    *("click", "flask", "granian.server.embed", "jsonschema_rs", "msgspec", "prometheus_client"),
    *("psycopg", "pythonjsonlogger", "simplejson", "starlette.applications", "uvloop"),
)


def main() -> None:
    for name in DEPENDENCIES:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(**json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def run(project: str, tests: list[str], output: str) -> None:
    """Do as `python -m pytest` does in the project's folder, and end."""
    os.chdir(project)
    # In the place of this script's folder.
    sys.path[0] = project
    for target, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, output, os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(path, flags), target)
    os.dup2(1, 2)
    code = 1
    try:
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
