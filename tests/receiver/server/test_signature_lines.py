"""Several `webhook-signature` lines are one list (RFC 9110, 5.3), on a server that runs."""

import base64
import hmac
import time
from collections.abc import Iterator

import pytest

from hookwright_receiver import STACKS, Answers, generate
from hookwright_schemas import load_contract

from .conftest import Project, Server

KEY = b"the key of these tests, in bytes"
WRONG = "v1," + base64.b64encode(bytes(32)).decode()


class Signed(Project):
    """A generated project that verifies signatures."""

    @property
    def package(self) -> str:
        """The name of its package."""
        return f"{self.stack}_signed"


@pytest.fixture(scope="module", params=STACKS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A receiver of each stack."""
    project = Signed(request.param, tmp_path_factory.mktemp(request.param) / "project")
    generate(project.root, Answers(name=project.package, stack=project.stack, auth="signature"))
    secret = "whsec_" + base64.b64encode(KEY).decode()
    folder = tmp_path_factory.mktemp("receiver")
    server = Server(project, folder, {"WEBHOOK_SECRETS": secret}, {})
    try:
        server.wait()
        yield server
    finally:
        server.close()


def status(server: Server, number: str, *lines: str, once: tuple[str, ...] = ()) -> int:
    """Deliver a message with these lines, in which RIGHT stands for its signature."""
    event = next(iter(load_contract().events))
    body = event.samples[0].body
    identity, stamp = f"msg_{number}", str(int(time.time()))
    signed = b".".join((identity.encode(), stamp.encode(), body))
    right = "v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
    head = [
        "POST /webhooks/joturl HTTP/1.1",
        "Host: x",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"webhook-id: {identity}",
        f"webhook-timestamp: {stamp}",
        *(line.format(id=identity, stamp=stamp) for line in once),
        *(f"webhook-signature: {line}".replace("RIGHT", right) for line in lines),
    ]
    client = server.connect()
    client.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    return client.answer().status


@pytest.mark.parametrize(
    "lines",
    [
        ("RIGHT",),
        ("RIGHT", WRONG),
        (WRONG, "RIGHT"),
        (f"RIGHT {WRONG}",),
        (f"RIGHT, {WRONG}",),
        (f"{WRONG},RIGHT",),
        (f"{WRONG}\tRIGHT",),
        (f"{WRONG} v2,AAAA", "v1a,AAAA", "RIGHT"),
    ],
    ids=lambda lines: " | ".join(lines).replace(WRONG, "WRONG"),
)
def test_one_right_line_is_enough(
    server: Server, lines: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    """Whatever the order, and however a proxy or a server joins them."""
    assert status(server, str(abs(hash(request.node.name))), *lines) == 200


@pytest.mark.parametrize("name", ["webhook-id: {id}", "webhook-timestamp: {stamp}"])
def test_what_is_signed_is_there_once(server: Server, name: str) -> None:
    """Nobody signed the two that came."""
    assert status(server, "twice", "RIGHT", once=(name,)) in {400, 401}
