"""Receivers of the kind that the platform's page shows read what `hookwright send` sends.

Each is a few lines: read the body, parse it, answer. None of them knows hookwright.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hookwright_schemas import load_contract

from .commands import called
from .waiting import wait_until

FLASK = """
import json

from flask import Flask, request

app = Flask(__name__)


@app.route("/webhook", methods=["POST"])
def webhook():
    message = json.loads(request.data)
    with open("received", "a") as file:
        file.write(json.dumps(message) + "\\n")
    return "received:" + json.dumps(message)
"""
PHP = """<?php
$message = file_get_contents('php://input');
if (!empty($message)) {
    $message = json_decode($message, true);
    file_put_contents('received', json_encode($message) . "\\n", FILE_APPEND);
    print_r($message);
}
"""
# Express reads a body as JSON only when it says that it is, and answers 200 either way.
NODE = """
const fs = require('node:fs');
const http = require('node:http');

const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
        const type = (request.headers['content-type'] || '').split(';')[0];
        const text = Buffer.concat(parts).toString();
        const message = type === 'application/json' ? JSON.parse(text) : {};
        fs.appendFileSync('received', JSON.stringify(message) + '\\n');
        response.end('OK');
    });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
"""
ADDRESS = re.compile(r"http://127\.0\.0\.1:([1-9]\d*)")
PYTHON = [sys.executable, "-m"]


@contextmanager
def listening(command: list[str], folder: Path) -> Iterator[str]:
    """Run a server that says where it listens; yields the webhook's URL."""
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        wait_until(
            lambda: ADDRESS.search(log.read_text()) is not None or process.poll() is not None,
            lambda: f"{command[0]} to listen: {log.read_text()}",
        )
        address = ADDRESS.search(log.read_text())
        assert address is not None, log.read_text()
        yield f"{address.group()}/webhook"
    finally:
        # Gunicorn's own children end with it.
        process.terminate()
        process.wait(20)


@pytest.fixture(
    params=[
        pytest.param(
            ("receiver.py", FLASK, [*PYTHON, "flask", "--app", "receiver", "run", "--port", "0"]),
            id="Flask, its own development server",
        ),
        pytest.param(
            ("receiver.py", FLASK, [*PYTHON, "gunicorn", "--bind", "127.0.0.1:0", "receiver:app"]),
            id="Flask under gunicorn",
        ),
        pytest.param(
            ("receiver.php", PHP, ["php", "-n", "-S", "127.0.0.1:0", "receiver.php"]), id="PHP"
        ),
        pytest.param(("receiver.js", NODE, ["node", "receiver.js"]), id="Node"),
    ]
)
def url(
    request: pytest.FixtureRequest, needs: Callable[[str, str], str], tmp_path: Path
) -> Iterator[str]:
    """The URL of a receiver that writes what it was sent into `received`."""
    name, source, (program, *arguments) = request.param
    packages = {"php": "php-cli", "node": "nodejs"}
    if program in packages:
        program = needs(program, packages[program])
    (tmp_path / name).write_text(source)
    with listening([program, *arguments], tmp_path) as address:
        yield address


def test_a_documented_receiver_reads_every_event(url: str, tmp_path: Path) -> None:
    """Signed, with additional parameters: 2xx, every member as it was, and no header disturbs."""
    added = {"campaign": "spring", "score": 7, "x_name": "Zoë / \U0001f600"}
    options = [f"--param={name}:={json.dumps(value)}" for name, value in added.items()]
    sent = []
    for event in load_contract().events:
        done = called("send", event.command, url, *options, "--secret", "a-secret")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        sent.append(event.samples[0].payload | added)
    received = (tmp_path / "received").read_text().splitlines()
    assert [json.loads(line) for line in received] == sent
