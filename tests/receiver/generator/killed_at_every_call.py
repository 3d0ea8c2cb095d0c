"""Run by a test: kill a write at each of its calls to the operating system, without any clean-up.

Usage: killed_at_every_call.py FOLDER; prints one JSON object a kill, with what then stood there.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from hookwright_receiver import write

CALLS = ("mkdir", "open", "write", "fsync", "rename", "replace", "chmod", "unlink", "rmdir")
RECORD = PurePosixPath(".hookwright.json")


def project(text: str, *names: str) -> dict[PurePosixPath, bytes]:
    return {PurePosixPath(name): text.encode() for name in (*names, str(RECORD))}


ONE = project("one", "README.md", "pkg/app.py", "pkg/old.py")
TWO = project("two", "README.md", "pkg/app.py", "pkg/new.py")


def main(folder: Path) -> None:
    for kind, rendered in (("new", ONE), ("empty", ONE), ("regenerated", TWO)):
        at = 1
        while True:
            target = folder / f"{kind}-{at}"
            if kind == "empty":
                target.mkdir()
            elif kind == "regenerated":
                write(with_record(ONE), target)
            killed = killed_at(at, with_record(rendered), target)
            found = tree(target)
            write(with_record(rendered), target, force=True)
            report = {"kind": kind, "at": at, "found": found, "mended": tree(target)}
            print(json.dumps(report))  # noqa: T201
            if not killed:
                break
            at += 1


def with_record(files: dict[PurePosixPath, bytes]) -> dict[PurePosixPath, bytes]:
    from hashlib import sha256  # noqa: PLC0415

    hashes = {
        str(path): sha256(content).hexdigest() for path, content in files.items() if path != RECORD
    }
    return {**files, RECORD: json.dumps({"files": hashes}).encode()}


def killed_at(at: int, rendered: dict[PurePosixPath, bytes], target: Path) -> bool:
    """Write in a child that dies at the `at`-th call; tell whether it did."""
    child = os.fork()
    if child == 0:
        count = 0

        def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                nonlocal count
                count += 1
                if count == at:
                    os._exit(9)
                return call(*args, **kwargs)

            return wrapped

        for name in CALLS:
            setattr(os, name, wrap(getattr(os, name)))
        write(rendered, target, force=True)
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.relative_to(root).parts[0].startswith(".hookwright")
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
