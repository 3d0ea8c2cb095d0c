"""Clients that know nothing of hookwright deliver what the platform documents."""

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hookwright_schemas import load_contract

from .receivers import TOKEN, Project, Receiver, notes, receivers

# The documentation's page shows its messages like this; its third one ends in a comma that JSON
# does not have, which is left out here.
AS_ON_THE_PAGE = {
    "form_lead": r"""{
"data":"john.smith.1257121140@example.com",
"type":"email",
"date":"2020-03-26",
"name":"John Smith"
}""",
    "social_lead": r"""{
"data":"john.smith.1257121140@example.com",
"type":"email",
"date":"2020-03-26",
"name":"John Smith",
"extended_info":"{}"
}""",
    "link_created": r"""{
"id":"342352536456456",
"alias":"joturl",
"domain_id":"67567567567567657",
"domain_host":"jo.my",
"domain_nickname":"",
"project_id":"697897897897898",
"project_name":"project #1",
"short_url":"https:\/\/jo.my\/joturl",
"long_url":"https:\/\/www.joturl.com\/",
"notes":"",
"tags":""
}""",
}
# As the platform itself would: an array, `json_encode`, and a stream that posts.
PHP_SENDER = r"""
[, $url, $type, $token] = $argv;
$message = json_decode(stream_get_contents(STDIN), true);
if ($token !== '') {
    $message['token'] = $token;
}
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => $type === '' ? [] : ["Content-Type: $type"],
    'content' => json_encode($message),
    'timeout' => 5,
    'ignore_errors' => true,
]]);
$answer = @file_get_contents($url, false, $context);
echo $http_response_header[0] ?? 'no answer', "\n", $answer;
"""


@pytest.fixture
def curl(needs: Callable[[str, str], str], tmp_path: Path) -> Callable[..., str]:
    """Return `curl(url, body, *options) -> status`."""
    program = needs("curl", "curl")

    def curl(url: str, body: bytes, *options: str) -> str:
        (tmp_path / "message.json").write_bytes(body)
        # -q: no settings of whoever runs the tests.
        fixed = [
            "-q",
            "--silent",
            "--show-error",
            "--output",
            "answer",
            "--write-out",
            "%{http_code}",
        ]
        command = [program, *fixed, "--data-binary", "@message.json", *options, url]
        return _output(command, folder=tmp_path)

    return curl


@pytest.fixture
def php(needs: Callable[[str, str], str], tmp_path: Path) -> Callable[..., str]:
    """Return `php(url, body, media type, token) -> status line`."""
    program = needs("php", "php-cli")

    def php(url: str, body: bytes, media_type: str, token: str) -> str:
        command = [program, "-n", "-r", PHP_SENDER, "--", url, media_type, token]
        return _output(command, body, folder=tmp_path).splitlines()[0]

    return php


@pytest.fixture(scope="module")
def running(
    project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], "Watched"]]:
    """Return `running(stack, auth)`: a receiver that the tests of this module share."""
    started: dict[tuple[str, str], Watched] = {}
    with ExitStack() as all_of_them:

        def running(stack: str, auth: str) -> Watched:
            if (stack, auth) not in started:
                start = all_of_them.enter_context(receivers(tmp_path_factory.mktemp("running")))
                started[stack, auth] = Watched(start(project(stack=stack, auth=auth)))
            return started[stack, auth]

        yield running


class Watched:
    """A receiver that runs, and what it has taken since it was last asked."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.url = receiver.listening()
        self._seen = 0

    def handled(self) -> list[dict[str, Any]]:
        """Return the messages that are new, when all are handled."""
        every = self.receiver.settled()
        assert {each["status"] for each in every} <= {"done"}
        new, self._seen = every[self._seen :], len(every)
        # What the inbox calls done has been seen by a handler, as it was stored.
        handled = [
            (each["event"], each["fields"], each["parameters"])
            for each in notes(self.receiver.folder)
        ]
        for each in new:
            assert (each["event"], each["payload"], each["parameters"]) in handled
        return new


CURLS: dict[str, tuple[str, ...]] = {
    "as curl does by itself: a form type, which the body is not": (),
    "with the JSON type": ("--header", "Content-Type: application/json"),
    "without a type": ("--header", "Content-Type:"),
    "in chunks": ("--header", "Transfer-Encoding: chunked"),
    "after a 100 Continue": ("--header", "Expect: 100-continue"),
    "over HTTP/1.0": ("--http1.0",),
}


def test_curl_delivers_the_documented_bytes(
    running: Callable[[str, str], Watched], stack: str, curl: Callable[..., str]
) -> None:
    """Each message, as the page shows it and as the platform encodes it, with no token.

    The page's third message, exactly as printed, is malformed: a slip of the page.
    """
    receiver = running(stack, "none")
    printed = AS_ON_THE_PAGE["link_created"].removesuffix("\n}") + ",\n}"
    assert curl(receiver.url, printed.encode()) == "400"
    sent: list[tuple[str, object, object]] = []
    for way, options in CURLS.items():
        for event in load_contract().events:
            for body in (AS_ON_THE_PAGE[event.id].encode(), event.samples[0].body):
                # A link has an identity of its own, which the sender's goes before.
                header = f"webhook-id: {secrets.token_hex(8)}"
                assert curl(receiver.url, body, "--header", header, *options) == "200", way
                sent.append((event.id, json.loads(body), {}))
    assert [
        (each["event"], each["payload"], each["parameters"]) for each in receiver.handled()
    ] == sent


def test_curl_delivers_with_a_token(
    running: Callable[[str, str], Watched], stack: str, curl: Callable[..., str]
) -> None:
    """The token is a parameter like others, but it is not kept; without it nothing is."""
    receiver = running(stack, "token")
    for page in AS_ON_THE_PAGE.values():
        assert curl(receiver.url, page.encode()) == "401"
        token = f',\n"token":"{TOKEN}",\n"campaign":"spring"\n}}'
        assert curl(receiver.url, (page.removesuffix("\n}") + token).encode()) == "200"
    assert [
        (each["event"], each["payload"], each["parameters"]) for each in receiver.handled()
    ] == [
        (event, json.loads(page), {"campaign": "spring"}) for event, page in AS_ON_THE_PAGE.items()
    ]


PHPS = [
    ("token", "", "token, and the form type that PHP takes by itself"),
    ("token", "application/json", "token, and the JSON type"),
    ("none", "", "no token, and the form type that PHP takes by itself"),
]


def test_php_delivers(
    running: Callable[[str, str], Watched], stack: str, php: Callable[..., str]
) -> None:
    """An array, json_encode and a stream context: accepted, stored, handled."""
    sent: dict[str, list[tuple[str, object]]] = {"token": [], "none": []}
    for auth, media_type, way in PHPS:
        token = TOKEN if auth == "token" else ""
        for number, (event, page) in enumerate(AS_ON_THE_PAGE.items()):
            message = json.loads(page)
            if "id" in message:
                message["id"] = f"{message['id']}{number}{len(media_type)}"
            answer = php(running(stack, auth).url, json.dumps(message).encode(), media_type, token)
            assert answer.endswith(" 200 OK"), way
            sent[auth].append((event, message))
    for auth, messages in sent.items():
        handled = running(stack, auth).handled()
        assert [(each["event"], each["payload"]) for each in handled] == messages


def test_white_space_and_escapes_are_no_part_of_a_message(
    running: Callable[[str, str], Watched], stack: str, curl: Callable[..., str]
) -> None:
    """A link that comes again in another form of the same message is a repeat, not a conflict."""
    receiver = running(stack, "none")
    own_id = f"{stack}-link"
    for body in (
        AS_ON_THE_PAGE["link_created"].encode(),
        load_contract().event("link").samples[0].body,
    ):
        changed = body.replace(b"342352536456456", own_id.encode())
        assert curl(receiver.url, changed) == "200"
    assert [each["payload"]["id"] for each in receiver.handled()] == [own_id]


def _output(command: Sequence[str], content: bytes = b"", *, folder: Path) -> str:
    done = subprocess.run(
        command, input=content, cwd=folder, capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()
