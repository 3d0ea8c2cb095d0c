"""The `hookwright` command as a user types it: a process, or where that adds nothing a call."""

import io
import os
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from hookwright.cli import main
from tests.programs import signals_kept

HOOKWRIGHT = Path(sys.executable).with_name("hookwright")


def hookwright(
    *arguments: str | bytes | Path,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run the command with nothing of the shell's settings; return how it ended."""
    return subprocess.run(
        [HOOKWRIGHT, *arguments],
        cwd=cwd,
        env=_settings(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def called(
    *arguments: str | bytes | Path,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Do the same without a process of its own, at a tenth of the cost; what it raises goes on."""
    out, err = _Stream(), _Stream()
    code: object = 0
    with signals_kept(), ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, _settings(environment), clear=True))
        stack.enter_context(mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        if cwd is not None:
            stack.enter_context(chdir(cwd))
        try:
            main([os.fsdecode(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int), code
    return subprocess.CompletedProcess(arguments, code, out.told(), err.told())


class _Stream(io.TextIOWrapper):
    """A standard stream that can be read afterwards; programs may write bytes to it as well."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def told(self) -> str:
        written = self.buffer
        assert isinstance(written, io.BytesIO)
        return written.getvalue().decode()


def _settings(environment: dict[str, str] | None) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "COLUMNS": "200", **(environment or {})}
