"""A copy of a project to run: the code alone, with handlers that do as a message tells them."""

import shutil
from pathlib import Path

from hookwright_receiver.conformance.messages import DIRECTIVE, MARKER

from .facts import Facts

EFFECTS_FOLDER = "HOOKWRIGHT_CHECK_EFFECTS"

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".env*", "*.db*", "*.sqlite*")

_HANDLERS = '''"""Handlers for `hookwright check`: what they do is what the message says."""

import asyncio
import ctypes
import json
import os
import threading
import time
from pathlib import Path

_FOLDER = Path(os.environ["{variable}"])
_RUNS = _FOLDER / "runs.jsonl"


# What a store, a log or a terminal may choke on.
_TEXT = "told to raise \\x00 and \\ud800"


class _Speechless(Exception):
    def __str__(self):
        raise RuntimeError("no text")


_RAISED = {{
    "cancelled": asyncio.CancelledError,
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "exit": SystemExit,
    "text": RuntimeError,
    "speechless": _Speechless,
}}


def _doom():
    """Have this thread ended a moment after the handler, wherever it is then."""
    thread = ctypes.c_ulong(threading.get_ident())
    end = ctypes.pythonapi.PyThreadState_SetAsyncExc
    time.sleep(0.3)
    threading.Timer(0.3, end, (thread, ctypes.py_object(SystemExit))).start()


def _note(phase, event, message):
    line = {{
        "phase": phase,
        "event": event,
        "marker": message.parameters["{marker}"],
        "fields": dict(message.fields),
        "parameters": dict(message.parameters),
    }}
    with _RUNS.open("ab", buffering=0) as runs:
        runs.write(json.dumps(line).encode() + b"\\n")


def _earlier(marker):
    if not _RUNS.exists():
        return 0
    lines = map(json.loads, _RUNS.read_text().splitlines())
    return sum(line["marker"] == marker and line["phase"] == "start" for line in lines)


def _obey(event, message):
    directive = message.parameters.get("{directive}")
    marker = message.parameters.get("{marker}")
    if directive is None or marker is None:
        return
    earlier = _earlier(marker)
    _note("start", event, message)
    verb, _, argument = directive.partition(":")
    failing = verb == "fail" and (
        not (_FOLDER / marker).exists() if argument == "held" else earlier < int(argument)
    )
    if failing:
        _note("failed", event, message)
        raise RuntimeError("told to fail")
    if verb == "raise":
        _note("failed", event, message)
        raise _RAISED[argument](_TEXT)
    if verb == "doom":
        _doom()
    if verb == "sleep":
        time.sleep(float(argument))
    if verb == "hang" and earlier < int(argument):
        time.sleep(600)
    _note("done", event, message)
'''

_HANDLER = """

def {event}(message):
    _obey("{event}", message)
"""


def copy_project(facts: Facts, folder: Path) -> None:
    """Copy what the project needs to run into an empty folder, its handlers replaced.

    Data, settings (`.env`) and everything that is not Python stays where it is.
    """
    for item in sorted(facts.folder.iterdir()):
        if (item / "__init__.py").is_file() and not item.is_symlink():
            shutil.copytree(item, folder / item.name, ignore=_IGNORED)
        elif item.suffix == ".py" and item.is_file():
            shutil.copy2(item, folder / item.name)
    (folder / facts.package / "handlers.py").write_text(instrumented(facts.events), "utf-8")


def instrumented(events: tuple[str, ...]) -> str:
    """Return the source of handlers that note each run and obey the message's directive."""
    head = _HANDLERS.format(variable=EFFECTS_FOLDER, marker=MARKER, directive=DIRECTIVE)
    return head + "".join(_HANDLER.format(event=event) for event in events)
