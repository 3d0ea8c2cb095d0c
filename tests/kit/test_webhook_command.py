"""`hookwright webhook`: the one webhook of a CTA or a project, from its setting to its removal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 121212121212121212
SECRET = "a-parameter-that-is-a-secret"


def made(typed, owned, *arguments):
    """Set the CTA's webhook."""
    done = typed("webhook", "set", owned.url, "--cta", owned.cta, "--json", *arguments)
    assert done.code == 0, done.err
    return done.json


def test_a_webhook_is_set_and_replaced(typed, owned):
    """The secret is shown with the first, and never again; the id stays."""
    first = made(typed, owned, "--param", f"token={SECRET}", "--param", "score:=7")
    assert first["created"] is True
    assert first["secret"].startswith("whsec_")
    assert first["parameters"] == {"token": {"masked": True}, "score": {"masked": True}}
    second = made(typed, owned)
    assert (second["created"], second["secret"], second["id"]) == (False, None, first["id"])
    assert second["parameters"] == {}


def test_a_person_sees_the_secret_once(typed, owned):
    """In lines, with the advice on standard error."""
    done = typed("webhook", "set", owned.url, "--project", owned.project)
    assert done.code == 0
    assert "signing secret  whsec_" in done.out
    assert "not shown again" in done.err
    again = typed("webhook", "set", owned.url, "--project", owned.project)
    assert "whsec_" not in again.out + again.err


def test_only_new_is_no_replacement(typed, owned):
    """For a script that must not undo what a person did."""
    made(typed, owned)
    done = typed("webhook", "set", owned.url, "--cta", owned.cta, "--only-new")
    assert done.code == 2
    assert "already" in done.refusal


def test_parameters_may_come_from_a_file(typed, owned):
    """Nobody else on the machine sees them there; `--param` comes after it."""
    Path("parameters.json").write_text(json.dumps({"token": SECRET, "score": 1}))
    assert set(made(typed, owned, "--data", "parameters.json")["parameters"]) == {"token", "score"}
    tested = typed("webhook", "test", "--cta", owned.cta, "--yes")
    assert tested.code == 0, tested.err
    body = json.loads(owned.taken.received[-1][1])
    assert (body["token"], body["score"]) == (SECRET, 1)


def test_a_webhook_is_shown_without_its_values(typed, owned):
    """In lines, as JSON, and in the list, at 80 columns."""
    webhook = made(typed, owned, "--param", f"token={SECRET}")
    shown = typed("webhook", "show", "--cta", owned.cta)
    assert owned.url in shown.out
    assert "token" in shown.out
    listed = typed("webhook", "list")
    assert webhook["id"] in listed.out
    assert max(map(len, listed.out.splitlines())) <= 80
    as_json = typed("webhook", "show", "--cta", owned.cta, "--json")
    assert typed("webhook", "list", "--json").json == {"items": [as_json.json], "next": None}
    assert SECRET not in shown.out + listed.out + as_json.out


def test_a_test_goes_out_and_tells_what_came_of_it(typed, owned):
    """Sample data of the right event; 0 when it was accepted, and 1 when it was not."""
    made(typed, owned)
    accepted = typed("webhook", "test", "--cta", owned.cta, "--yes", "--json")
    assert (accepted.code, accepted.err) == (0, "")
    assert (accepted.json["succeeded"], accepted.json["status"]) == (True, 200)
    assert set(json.loads(owned.taken.received[-1][1])) == {"data", "type", "date", "name"}
    owned.taken.status = 503
    refused = typed("webhook", "test", "--cta", owned.cta, "--yes")
    assert refused.code == 1
    assert "503" in refused.out
    assert "hookwright deliveries show" in refused.err


def test_the_json_of_a_test_is_the_apis(typed, owned):
    """Whoever reads one can read the other."""
    from hookwright_sender.api.routes.webhook import RESULT  # noqa: PLC0415

    made(typed, owned)
    told = typed("webhook", "test", "--cta", owned.cta, "--yes", "--json").json
    assert told.keys() == RESULT.keys()


def test_what_a_receiver_answers_does_not_drive_the_terminal(typed, owned):
    """Its answer is shown as text."""
    made(typed, owned, "--param", "bell:=" + json.dumps("\x1b[2J\x07"))
    owned.taken.echo = True
    owned.taken.answer = lambda _headers, _body: b"\x1b[2J\x07gone"
    done = typed("webhook", "test", "--cta", owned.cta, "--yes")
    assert "gone" in done.out
    assert "\x1b" not in done.out


def test_a_secret_is_rotated(typed, owned):
    """The new one is printed, and both sign for a day."""
    first = made(typed, owned)["secret"]
    second = typed("webhook", "rotate-secret", "--cta", owned.cta, "--json").json["secret"]
    assert second not in {first, None}
    typed("webhook", "test", "--cta", owned.cta, "--yes")
    headers, _ = owned.taken.received[-1]
    assert len(headers["webhook-signature"].split()) == 2


def test_a_webhook_is_removed(typed, owned):
    """And is no more; the CTA can get another one."""
    made(typed, owned)
    done = typed("webhook", "remove", "--cta", owned.cta, "--yes")
    assert (done.code, done.err) == (0, "")
    assert owned.url in done.out
    assert typed("webhook", "show", "--cta", owned.cta).code == 2
    assert made(typed, owned)["created"] is True


@pytest.mark.parametrize("by", ["id", "CTA"])
def test_a_webhook_is_enabled(typed, owned, by):
    """By its id or its owner; one that was not disabled has missed nothing."""
    webhook = made(typed, owned)
    named = [webhook["id"]] if by == "id" else ["--cta", owned.cta]
    assert "0 deliveries" in typed("webhook", "enable", *named).out
    assert typed("webhook", "enable", *named, "--json").json["replayed"] == 0


@pytest.mark.parametrize("command", ["remove", "test"])
def test_without_a_terminal_nobody_is_asked(typed, owned, command):
    """It neither hangs nor does it: 2, and the way to say yes."""
    made(typed, owned)
    done = typed("webhook", command, "--cta", owned.cta)
    assert done.code == 2
    assert "--yes" in done.refusal
    assert owned.url in done.refusal
    assert typed("webhook", "show", "--cta", owned.cta).code == 0
    assert owned.taken.received == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_on_a_terminal_somebody_is_asked(typed, owned, monkeypatch, answer, code):
    """Yes does it, no and nothing do not."""
    made(typed, owned)
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    with os.fdopen(theirs) as terminal, monkeypatch.context() as seated:
        seated.setattr("sys.stdin", terminal)
        seated.setattr(sys.stderr, "isatty", lambda: True)
        assert typed("webhook", "remove", "--cta", owned.cta).code == code
    os.close(ours)
    assert typed("webhook", "show", "--cta", owned.cta).code == (2 if code == 0 else 0)


@pytest.mark.parametrize("kind", ["SQLite"], indirect=True)
def test_the_installed_command_asks_on_its_terminal(typed, owned):
    """As a process of its own, whose terminal is one."""
    made(typed, owned)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("hookwright"), "webhook", "remove", "--cta", owned.cta],
        stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=dict(os.environ),
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, b"y\n")
    process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    assert typed("webhook", "show", "--cta", owned.cta).code == 2


REFUSED = [
    # arguments, part of the line, reason
    (["set", "{url}"], "--cta ID or --project ID", "no owner"),
    (["set", "{url}", "--cta", "{cta}", "--project", "{project}"], "--cta ID or", "two owners"),
    (["set", "--cta", "{cta}"], "URL", "no URL"),
    (["set", "nowhere", "--cta", "{cta}"], "nowhere", "no URL at all"),
    (["set", "ftp://hooks.example.test/", "--cta", "{cta}"], "ftp", "another scheme"),
    (["set", "https://other.example.test/", "--cta", "{cta}"], "TXT record", "a host not proven"),
    (["set", "http://169.254.169.254/", "--cta", "{cta}"], "169.254.169.254", "no one's address"),
    (["set", "{url}", "--cta", str(NOBODY)], str(NOBODY), "no such CTA"),
    (["set", "{url}", "--cta", "{project}"], "{project}", "a project's id"),
    (["set", "{url}", "--cta", "{cta}", "--account", str(NOBODY)], str(NOBODY), "no account"),
    (["set", "{url}", "--cta", "{cta}", "-p", "token"], "NAME=VALUE", "a parameter without value"),
    (["set", "{url}", "--cta", "{cta}", "-p", "tags:=[1]"], "scalar", "a parameter of a list"),
    (["set", "{url}", "--cta", "{cta}", "-p", "data=x"], "data", "a documented field's name"),
    (["set", "{url}", "--cta", "{cta}", "-d", "nowhere.json"], "nowhere.json", "no such file"),
    (["set", "{url}", "--cta", "{cta}", "-d", "list.json"], "JSON object", "a file with a list"),
    (["show", "--cta", "{cta}"], "webhook", "no webhook yet"),
    (["show"], "--cta ID or --project ID", "no owner"),
    (["test", "--cta", "{cta}", "--yes"], "webhook", "no webhook yet"),
    (["remove", "--cta", "{cta}", "--yes"], "webhook", "no webhook yet"),
    (["rotate-secret", "--cta", "{cta}"], "webhook", "no webhook yet"),
    (["enable"], "--cta ID or --project ID", "nothing named"),
    (["enable", str(NOBODY)], str(NOBODY), "no such webhook"),
    (["enable", "all"], "such as", "no id"),
]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [row[:2] for row in REFUSED],
    ids=[f"{row[0][0]}: {row[2]}" for row in REFUSED],
)
@pytest.mark.parametrize("kind", ["SQLite"], indirect=True)
def test_wrong_usage_is_one_helpful_line(typed, owned, arguments, part):
    """Exit code 2, and nothing changed."""
    Path("list.json").write_text("[1]")
    words = {"url": owned.url, "cta": owned.cta, "project": owned.project}
    done = typed("webhook", *(each.format(**words) for each in arguments))
    assert (done.code, part.format(**words) in done.refusal) == (2, True), done.err
    assert typed("webhook", "list", "--json").json["items"] == []


def test_data_that_is_no_json_is_one_line(typed, owned):
    """1, as for `send`: the file was read, and does not hold."""
    Path("broken.json").write_text("{")
    done = typed("webhook", "set", owned.url, "--cta", owned.cta, "--data", "broken.json")
    assert done.code == 1
    assert "JSON" in done.refusal
