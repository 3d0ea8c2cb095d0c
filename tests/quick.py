"""A plugin of pytest: `make quick` runs what needs no process and no server, and sees to that."""

import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The modules, without their tests on PostgreSQL.
QUICK = tuple(
    f"{folder}{module}"
    for folder, modules in {
        "": "test_programs.py",
        "kit/": "test_answer_lines.py test_contract_command.py test_demo_report.py"
        " test_interruption.py",
        "kit/platform/": "test_upkeep.py test_words.py",
        "receiver/conformance/": "test_answer.py test_catalogue.py test_credentials.py"
        " test_expectation.py test_reports.py",
        "receiver/generator/": "test_answers.py test_render.py test_stacks.py test_trees.py"
        " test_write.py",
        "receiver/inbox/": "test_one_message.py test_retention.py test_together.py",
        "receiver/server/": "test_reading.py test_same_modules.py test_verdict.py",
        "schemas/": "test_cases.py test_classification.py test_formats.py test_loader.py"
        " test_messages.py test_schemas.py test_strict_json.py test_visible.py",
        "sender/": "test_burst.py test_event.py test_ids.py test_logs.py test_message.py"
        " test_public_api.py test_signing.py",
        "sender/api/": "test_health.py test_idempotency.py test_limits.py test_log_lines.py"
        " test_openapi.py test_problems.py test_reading.py test_routes.py test_strangers.py",
        "sender/delivery/": "test_contention.py test_courier.py test_lanes.py test_log.py"
        " test_metrics.py test_outbox.py test_queue.py test_replay.py test_retention.py"
        " test_slots.py",
        "sender/egress/": "test_addresses.py test_host.py test_policy.py test_system_names.py",
        "sender/encryption/": "test_examples.py test_key_ring.py test_masking.py",
        "sender/platform/": "test_parameters.py",
        "sender/retry/": "test_decision.py test_health.py test_ladder.py test_retry_after.py",
        "sender/store/": "test_database.py test_schema.py",
        "sender/wire/": "test_answer.py test_connection.py test_deadline.py test_request.py",
    }.items()
    for module in modules.split()
)
# What the interpreter tells of (docs.python.org, "Audit events table").
FORBIDDEN = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "socket.bind"})

# A file system in memory, and how much of it (bytes) has to be free.
MEMORY = Path("/dev/shm")
ROOM = 1 << 29


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Write into memory, where nothing else is asked for: nothing there waits for a disk."""
    if _alone(config) and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        tempfile.tempdir = str(MEMORY)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the rest out, where nothing else is asked for: importing it takes longer."""
    if not _alone(config):
        return None
    if collection_path.is_dir():
        is_wanted = any((HERE / module).is_relative_to(collection_path) for module in QUICK)
    else:
        is_wanted = _is_quick(collection_path) or not collection_path.name.startswith("test_")
    return None if is_wanted else True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is quick."""
    for item in items:
        names = (item.name, *getattr(item, "fixturenames", ()))
        if _is_quick(item.path) and not any("postgresql" in name for name in names):
            item.add_marker(pytest.mark.quick)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forbid the rest, where nothing else is asked for."""
    if _alone(session.config):
        sys.addaudithook(partial(_forbid, FORBIDDEN))


def _alone(config: pytest.Config) -> bool:
    return bool(config.option.markexpr.startswith("quick"))


def _is_quick(path: Path) -> bool:
    return path.is_relative_to(HERE) and path.relative_to(HERE).as_posix() in QUICK


def _forbid(events: frozenset[str], event: str, _arguments: object) -> None:
    # pytest-xdist's own connection, and what starts its workers, come before the first test. The
    # interpreter's end has events too, when this module's names have gone: `events` has not.
    if event in events and "PYTEST_CURRENT_TEST" in os.environ:
        raise RuntimeError(f"no quick test: {event} (see tests/quick.py)")
