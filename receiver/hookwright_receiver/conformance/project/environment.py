"""Where a project's dependencies are: given, in its `.venv`, or in one built once and kept."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from hookwright_receiver.conformance.errors import BadOption, NoEnvironment

INSTALL_TIMEOUT = 600


def find_python(folder: Path, python: str | None = None) -> Path:
    """Return the interpreter to run a project with; builds an environment where there is none.

    Blocks while it does. Raises BadOption for an interpreter that is not there, NoEnvironment where
    the dependencies cannot be installed.
    """
    if python is not None:
        given = Path(python)
        if not given.is_file():
            raise BadOption(f"there is no interpreter {python}: give the path of one with --python")
        return given.absolute()
    own = folder / ".venv" / "bin" / "python"
    return own if own.is_file() else _kept(_dependencies(folder))


def cache_folder() -> Path:
    """Return where environments are kept (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hookwright" / "environments"


def _dependencies(folder: Path) -> list[str]:
    try:
        document = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        return sorted(map(str, document["project"]["dependencies"]))
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise NoEnvironment(
            f"the dependencies in {folder / 'pyproject.toml'} cannot be read ({error}): "
            "name an interpreter that has them with --python"
        ) from None


def _kept(dependencies: list[str]) -> Path:
    key = json.dumps([list(sys.version_info[:2]), sys.base_prefix, dependencies])
    digest = hashlib.sha256(key.encode()).hexdigest()[:20]
    base = cache_folder()
    base.mkdir(parents=True, exist_ok=True)
    folder = base / digest
    python, ready = folder / "bin" / "python", folder / ".ready"
    # Another run may be building the same environment.
    with (base / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.is_file():
            _build(folder, python, dependencies)
            ready.touch()
    return python


def _build(folder: Path, python: Path, dependencies: list[str]) -> None:
    commands = [[sys.executable, "-m", "venv", "--clear", str(folder)]]
    if dependencies:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        commands.append([*pip, *dependencies])
    for command in commands:
        try:
            subprocess.run(  # noqa: S603  our own command, dependencies from the project itself
                command, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT
            )
        except (subprocess.SubprocessError, OSError) as error:
            output = str(getattr(error, "stderr", "") or error).strip()
            last = output.splitlines()[-1] if output else "no output"
            raise NoEnvironment(
                f"the project's dependencies cannot be installed ({last}): make a .venv in the "
                "project, or name an interpreter that has them with --python"
            ) from None
