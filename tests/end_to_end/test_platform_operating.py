"""docs/operating.md: its commands run, on PostgreSQL with two workers and on SQLite."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hookwright_sender.settings import PREFIX, Settings

from .test_platform_page import free_ports

PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WITHIN = 240
STOP = "kill $(jobs -p)\nwait\n"
# Until a port answers, as the text between two blocks takes a reader a while. One curl asks again
# and again: there are two cores for what it waits for.
AWAIT = (
    f"curl --silent --fail --retry {WITHIN} --retry-delay 1 --retry-all-errors"
    " --output /dev/null http://127.0.0.1:{}/{}\n"
)


def run(script: str, folder: Path) -> str:
    """Run a script in a shell of its own; return what it printed."""
    process = subprocess.Popen(
        ["bash", "-eu"], cwd=folder, text=True, start_new_session=True,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
        },
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = process.communicate(script, WITHIN)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == 0, output
    return output


def test_the_way_on_postgresql_works(
    tmp_path: Path, database_url: str, needs: Callable[[str, str], str]
) -> None:
    """Set up, a server and two workers, one stopped in order, the key changed, old rows purged."""
    needs("curl", "curl")
    _, sets_up, starts, stops, rotates, _, purges = BLOCKS
    api, first, second = free_ports(3)
    waits = AWAIT.format(api, "readyz") + AWAIT.format(first, "metrics")
    # Where the page has everything restarted, everything is stopped.
    stops += AWAIT.format(first, "metrics") + STOP
    script = sets_up + starts + waits + AWAIT.format(second, "metrics") + stops + rotates + purges
    script = script.replace("hookwright serve ", f"hookwright serve --port {api} ")
    script = script.replace("9101", str(first)).replace("9102", str(second))
    url = re.search(r"postgresql://\S+", sets_up)
    assert url is not None
    output = run(script.replace(url[0], database_url), tmp_path)
    assert "set up, at revision" in output
    assert "re-encrypted" in output
    assert "0 deliveries and 0 events are forgotten" in output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []


def test_the_way_on_sqlite_works(tmp_path: Path, needs: Callable[[str, str], str]) -> None:
    """Served, and copied while it is in use."""
    needs("curl", "curl")
    serves, *_, copies, _ = BLOCKS
    (port,) = free_ports(1)
    serves = f"{serves.strip()} --port {port} &\n"
    run(serves + AWAIT.format(port, "readyz") + copies + STOP, tmp_path)
    with closing(sqlite3.connect(tmp_path / "backup.db")) as copy:
        assert copy.execute("SELECT count(*) FROM encryption_keys").fetchone() == (1,)
    assert (tmp_path / "hookwright.db.key").exists()


def test_every_setting_is_in_the_table_with_its_default() -> None:
    """And no other."""
    rows = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    assert list(map(str.upper, Settings.model_fields)) == sorted(
        rows, key=list(map(str.upper, Settings.model_fields)).index
    )
    for name, field in Settings.model_fields.items():
        if field.default not in {None, ()}:
            shown = str(field.default).lower().removesuffix(".0")
            assert rows[name.upper()] == f"`{shown}`", name


@pytest.mark.parametrize("kind", ["api", "worker"])
def test_every_metric_that_is_named_is_there(kind: str) -> None:
    """As it is spelled in what Prometheus gets."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415

    from hookwright_sender.api.metrics import Metrics as OfApi  # noqa: PLC0415
    from hookwright_sender.metrics import Metrics as OfWorker  # noqa: PLC0415

    registry = CollectorRegistry()
    if kind == "api":
        OfApi(registry, {})
    else:
        OfWorker(registry)
    there = set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.MULTILINE))
    named = set(re.findall(r"`(hookwright_\w+)(?:\{[\w,]+\})?`", PAGE))
    of_kind = {name for name in named if name.startswith("hookwright_api_") is (kind == "api")}
    assert of_kind <= there
