"""What stands on the disk when the generator is killed: no clean-up runs then."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "killed_at_every_call.py"
ONE = {"README.md": "one", "pkg/app.py": "one", "pkg/old.py": "one"}
TWO = {"README.md": "two", "pkg/app.py": "two", "pkg/new.py": "two"}


def test_a_kill_tears_no_file_and_the_next_run_mends_the_rest(tmp_path: Path) -> None:
    """SIGKILL at every call: a new project is there or not, a regenerated file is old or new."""
    run = subprocess.run(
        [sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, check=True, timeout=120
    )
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    assert {report["kind"] for report in reports} == {"new", "empty", "regenerated"}
    for report in reports:
        found = report["found"]
        if report["kind"] == "new":
            assert found in ({}, ONE), report
        elif report["kind"] == "empty":
            # Its entries move in one by one, since the folder itself has to stay.
            assert found.items() <= ONE.items(), report
        else:
            assert all(text in {ONE.get(path), TWO.get(path)} for path, text in found.items())
        assert report["mended"] == (TWO if report["kind"] == "regenerated" else ONE), report
