"""`app` in `app.py`, for those who have a server of their own."""

import subprocess
import sys

import pytest

from .conftest import Client, wait_until

# What to type after `python -m`, and what the server says once it listens.
SERVERS = {
    "starlette": (["uvicorn", "{package}.app:app", "--port", "{port}"], "Uvicorn running"),
    "flask": (
        ["gunicorn", "{package}.app:app", "--no-control-socket", "--bind", "127.0.0.1:{port}"],
        "Listening at",
    ),
}


@pytest.fixture
def server_of_your_own(project, tmp_path, port):
    """The application under a server that is no part of the project."""
    command, ready = SERVERS[project.stack]
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m"]
            + [part.format(package=project.package, port=port) for part in command],
            cwd=tmp_path,
            env={"PYTHONPATH": str(project.root), "WORKERS": "0", "PATH": ""},
            stderr=output,
            stdout=output,
        )
    try:
        wait_until(lambda: process.poll() is not None or ready in log.read_text())
        assert process.poll() is None, log.read_text()
        yield port
    finally:
        process.terminate()
        process.wait(30)


def test_it_takes_an_event(server_of_your_own, project, event, tmp_path):
    """Stored before it is acknowledged, with the settings of the environment."""
    client = Client(server_of_your_own)
    for body, status in ((event, 200), (b"{", 400), (b"{}", 422)):
        client.send(
            b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
        answer = client.answer()
        assert answer.status == status, answer.body
        if answer.closes:
            client.sock.close()
            client = Client(server_of_your_own)
    client.sock.close()
    listed = subprocess.run(
        [sys.executable, "-m", project.package, "inbox", "list", "--json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(project.root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert len(listed) == 1


def test_an_import_alone_does_nothing(project, tmp_path):
    """Tests and tools that import the module need no settings, and make no file."""
    source = f"import {project.package}.app as module; assert not hasattr(module, 'application')"
    subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env={"PYTHONPATH": str(project.root), "DATABASE_URL": "nonsense"},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
