"""The fixtures, in this suite and in a user's own."""

import base64
import os
import re
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook

from hookwright_schemas import InvalidPayload, load_contract
from hookwright_sender import InvalidSecret, Outcome
from tests import secrets_table

REPOSITORY = Path(__file__).parents[2]
SHOP = REPOSITORY / "tests" / "contracts" / "shop"
# Plugins that a user does not have, and that take their time to be imported.
WITHOUT = [part for name in ("cacheprovider", "schemathesis") for part in ("-p", f"no:{name}")]


def run_pytest(folder, *arguments, **environment):
    """Run a user's own suite in a process of its own; return what it printed, and its code."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *WITHOUT, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(folder)} | environment,
    )
    return ended.stdout + ended.stderr, ended.returncode


def test_the_plugin_imports_nothing_heavy():
    """pytest loads it in every project, also in those that have nothing to do with webhooks."""
    heavy = [
        "httptools",
        "yarl",
        "werkzeug",
        "jinja2",
        "jsonschema",
        "jsonschema_rs",
        "click",
        "rich",
    ]
    script = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import hookwright.pytest_plugin\n"
        f"print(sorted(set({heavy!r}) & (set(sys.modules) - before)))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout == "[]\n"


def test_the_plugin_holds_fixtures_only():
    """Everything else has a module of its own."""
    import hookwright.pytest_plugin as plugin  # noqa: PLC0415

    own = {name for name, value in vars(plugin).items() if not name.startswith(("__", "@"))}
    assert own - {"TYPE_CHECKING", "pytest"} == {
        "hookwright_contract",
        "webhook_sender",
        "webhook_receiver",
        "_hookwright_server",
    }


def examples(page):
    """Return the files that a page of the documentation is made of: name -> text."""
    text = (REPOSITORY / "docs" / page).read_text("utf-8")
    return {
        block.group(1): block.group(2)
        for block in re.finditer(r"```python\n# (\S+\.py)\n(.*?)```", text, re.DOTALL)
    }


def test_the_examples_of_the_documentation_pass(tmp_path):
    """docs/testing.md, as it stands there, in a suite that makes errors of warnings.

    The contract of one's own is overridden in a folder of that suite, with the second contract of
    this one.
    """
    own = tmp_path / "own_contract"
    own.mkdir()
    for name, text in examples("testing.md").items():
        (tmp_path / name).write_text(text, "utf-8")
    (own / "contract").symlink_to(SHOP)
    (own / "test_shop.py").write_text(
        textwrap.dedent("""
            def test_each_event(hookwright_contract, webhook_sender, webhook_receiver):
                for event in hookwright_contract.events:
                    assert webhook_sender.send(event.id, webhook_receiver.url).status == 200
                    assert webhook_receiver.assert_received(event.command).event == event.id
                assert hookwright_contract.name == "shop"
        """)
    )
    printed, code = run_pytest(tmp_path, "-W", "error", "-p", "no:asyncio")
    assert code == 0, printed
    assert re.search(r"12 passed", printed), printed


def test_it_lives_beside_a_users_own_httpserver(webhook_receiver, httpserver: HTTPServer):
    """Two servers, two logs: neither sees the other's requests."""
    httpserver.expect_request("/own").respond_with_data("own")
    assert not webhook_receiver.url.startswith(httpserver.url_for(""))
    assert webhook_receiver.received == []
    assert httpserver.log == []


def test_it_works_in_an_asynchronous_test(webhook_sender, webhook_receiver):
    """A running event loop in the test's thread does not disturb it."""
    import asyncio  # noqa: PLC0415

    async def test():
        return webhook_sender.send("form_lead", webhook_receiver.url)

    assert asyncio.run(test()).status == 200


def test_without_the_extra_there_is_a_remedy(tmp_path):
    """One line instead of a traceback, and only where the fixture is asked for."""
    (tmp_path / "pytest_httpserver.py").write_text("raise ImportError('blocked')")
    (tmp_path / "test_it.py").write_text(
        "def test_receiver(webhook_receiver): pass\ndef test_sender(webhook_sender): pass\n"
    )
    printed, code = run_pytest(tmp_path, "-p", "no:pytest_httpserver")
    assert code == 1
    assert "pip install 'hookwright[testing]'" in printed
    assert "1 passed, 1 error" in printed
    assert "Traceback" not in printed


# --- webhook_sender -----------------------------------------------------------------------


def test_a_valid_event_arrives(webhook_sender, webhook_receiver):
    """Fields change the sample, parameters are added, and the attempt tells what came of it."""
    attempt = webhook_sender.send(
        "form", webhook_receiver.url, fields={"name": "Ada"}, parameters={"n": 1}
    )
    message = webhook_receiver.assert_received("form_lead", name="Ada", n=1)
    assert (attempt.outcome, attempt.status) == (Outcome.SUCCESS, 200)
    assert message.headers["webhook-id"] == attempt.message_id
    assert message.headers["hookwright-contract"] == load_contract().identity


def test_the_sender_itself_can_be_called(webhook_sender, webhook_receiver):
    """`webhook_sender(...)` is `webhook_sender.send(...)`."""
    assert webhook_sender("social", webhook_receiver.url).status == 200
    webhook_receiver.assert_received("social")


def test_an_invalid_event_has_to_be_meant(webhook_sender, webhook_receiver):
    """It raises, unless validation is turned off."""
    with pytest.raises(InvalidPayload):
        webhook_sender.send("form", webhook_receiver.url, fields={"date": "soon"})
    attempt = webhook_sender.send(
        "form", webhook_receiver.url, fields={"date": "soon"}, validate=False
    )
    assert attempt.status == 422
    assert [one.pointer for one in webhook_receiver.received[0].violations] == ["/date"]


BROKEN = [
    ({"secret": "other"}, 401, "a wrong secret"),
    ({}, 401, "no signature"),
    ({"signature": "v1,AAAA"}, 401, "a wrong signature"),
    ({"signature": ""}, 401, "an empty one"),
    ({"signature": "ü"}, 401, "no ASCII"),
    ({"secret": "right", "age": 600}, 401, "ten minutes old"),
    ({"secret": "right", "age": -600}, 401, "ten minutes ahead"),
    ({"secret": "right", "headers": {"webhook-id": "other"}}, 401, "signed under another id"),
    ({"secret": "right", "headers": {"webhook-timestamp": "1e3"}}, 401, "no timestamp"),
    ({"secret": ["other", "right"]}, 200, "one of two is right"),
    ({"secret": "right", "age": 240}, 200, "within the tolerance"),
]


@pytest.mark.parametrize(("arguments", "status", "why"), BROKEN)
def test_signatures_can_be_wrong_in_every_way(
    webhook_sender, webhook_receiver, arguments, status, why
):
    """And the receiver of the plugin knows the difference."""
    webhook_receiver.require_signature("right")
    assert webhook_sender.send("form", webhook_receiver.url, **arguments).status == status, why
    assert webhook_receiver.received[0].status == status


@pytest.mark.parametrize("row", secrets_table.KEYS, ids=secrets_table.name)
def test_a_secret_is_one_key_for_the_plugin(webhook_sender, webhook_receiver, row):
    """The text at one end, the key's bytes at the other."""
    text, key, why = row
    assert webhook_sender.send("form", webhook_receiver.url, secret=text).status == 200
    message = webhook_receiver.received[0]
    Webhook(key).verify(message.body, dict(message.headers), json_parse=False)
    webhook_receiver.require_signature(text)
    again = "whsec_" + base64.b64encode(key).decode()
    assert webhook_sender.send("form", webhook_receiver.url, secret=again).status == 200, why


@pytest.mark.parametrize("row", secrets_table.REFUSED, ids=secrets_table.name)
def test_the_plugin_refuses_a_secret_that_was_not_meant(webhook_sender, webhook_receiver, row):
    """Before anything is sent, or verified."""
    text, reason, _why = row
    with pytest.raises(InvalidSecret, match=reason):
        webhook_sender.send("form", webhook_receiver.url, secret=[text])
    with pytest.raises(InvalidSecret, match=reason):
        webhook_receiver.require_signature(text)


@pytest.mark.parametrize("separator", [" ", ",", ", ", "\t"])
def test_lines_of_signatures_are_one_list(webhook_sender, webhook_receiver, separator):
    """However a proxy joined them, and in either order."""
    webhook_receiver.require_signature("right")
    wrong = "v1," + "A" * 43 + "="
    sent = webhook_sender.send("form", webhook_receiver.url, secret="right", message_id="msg_1")
    assert sent.status == 200
    headers = webhook_receiver.received[0].headers
    right, stamp = headers["webhook-signature"], headers["webhook-timestamp"]
    for both in ((right, wrong), (wrong, right)):
        again = webhook_sender.send(
            "form",
            webhook_receiver.url,
            message_id="msg_1",
            headers={"webhook-timestamp": stamp, "webhook-signature": separator.join(both)},
        )
        assert again.status == 200


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b'{"data":"a",}', 400, "a trailing comma"),
        (b"", 400, "nothing"),
        (b"\xff", 400, "no UTF-8"),
        (b"[]", 422, "no object"),
        (b'{"unknown":1}', 422, "no event"),
    ],
)
def test_any_bytes_can_be_sent(webhook_sender, webhook_receiver, body, status, why):
    """What arrives is recorded as it came, with what is wrong about it."""
    assert webhook_sender.send_raw(webhook_receiver.url, body=body).status == status, why
    message = webhook_receiver.received[0]
    assert (message.body, message.event) == (body, None)
    assert message.violations


def test_raw_bytes_can_be_signed(webhook_sender, webhook_receiver):
    """So that a receiver gets past the signature to what is behind it."""
    webhook_receiver.require_signature("right")
    attempt = webhook_sender.send_raw(
        webhook_receiver.url, body=b"{", secret="right", headers={"Content-Type": "text/plain"}
    )
    assert attempt.status == 400
    assert webhook_receiver.received[0].headers["content-type"] == "text/plain"


def test_several_threads_can_send_at_once(webhook_sender, webhook_receiver):
    """Fifty at once arrive fifty times."""
    threads = [
        threading.Thread(target=webhook_sender.send, args=("link", webhook_receiver.url))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({message.headers["webhook-id"] for message in webhook_receiver.received}) == 50


# --- webhook_receiver ---------------------------------------------------------------------


def test_failures_are_as_many_as_were_asked_for(webhook_sender, webhook_receiver):
    """Then it is well again; what came meanwhile is recorded with the answer that it got."""
    webhook_receiver.fail(500, times=2)
    webhook_receiver.redirect("http://elsewhere.example/", status=301)
    statuses = [webhook_sender.send("form", webhook_receiver.url).status for _ in range(4)]
    assert statuses == [500, 500, 301, 200]
    assert [message.status for message in webhook_receiver.received] == statuses


def test_a_delay_outlasts_a_deadline_and_not_the_test(webhook_sender, webhook_receiver):
    """The sender gives up; `close`, at the end of the test, lets the answer go."""
    webhook_receiver.delay(600)
    webhook_sender.timeout = 1.0
    attempt = webhook_sender.send("form", webhook_receiver.url)
    assert (attempt.outcome, attempt.reached) == (Outcome.TIMEOUT, True)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "", 405), ("POST", "/x", 404)])
def test_only_posts_to_its_own_path_are_received(webhook_receiver, method, path, status):
    """Everything else is answered, and not recorded."""
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    request = urllib.request.Request(webhook_receiver.url + path, method=method)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    caught.value.close()
    assert caught.value.code == status
    assert webhook_receiver.received == []


def test_an_assertion_waits_for_a_message_in_the_background(webhook_sender, webhook_receiver):
    """Code that sends from a queue needs no sleep in the test."""
    webhook_receiver.patience = 60
    thread = threading.Thread(target=webhook_sender.send, args=("form", webhook_receiver.url))
    thread.start()
    assert webhook_receiver.assert_received("form_lead").status == 200
    thread.join()


def failing(receiver, event, **wanted):
    """Return the message of an assertion that fails at once."""
    receiver.patience = 0
    with pytest.raises(AssertionError) as caught:
        receiver.assert_received(event, **wanted)
    return str(caught.value)


def test_a_failed_assertion_shows_that_nothing_came(webhook_receiver):
    """The usual case: the code under test sent nothing, or to somewhere else."""
    assert failing(webhook_receiver, "form") == "no form_lead was accepted; nothing came"


def test_a_failed_assertion_shows_what_came(webhook_sender, webhook_receiver):
    """Each message with its answer, its faults, and in what it is not the one."""
    webhook_sender.send("form", webhook_receiver.url, fields={"name": "Bob"})
    webhook_sender.send("form", webhook_receiver.url, without=["name"], validate=False)
    webhook_sender.send("link", webhook_receiver.url, parameters={"name2": True})
    message = failing(webhook_receiver, "form", name="Ada", name2=1)
    assert message.startswith("no form_lead with name='Ada' and name2=1 was accepted; what came:")
    assert '1. form_lead, answered 200: {"data": "john' in message
    assert "not it: name is 'Bob', there is no name2" in message
    assert "     /name " in message
    assert "not it: answered 422" in message
    assert "the event is link_created" in message
    assert "name2 is True" in message
