"""`hookwright send`, as it is typed."""

import io
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook

from hookwright.cli import main
from hookwright.testing.receiver import WebhookReceiver
from hookwright_schemas import load_contract

SHOP = Path(__file__).parents[1] / "contracts" / "shop"
NOWHERE = "http://127.0.0.1:1/"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No setting of the shell that runs the tests."""
    for name in ("HOOKWRIGHT_SECRET", "HOOKWRIGHT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def run(capsys):
    """Run the command and return its exit code, standard output and standard error."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["send", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def closed_url(port):
    """A URL at which nothing listens."""
    return f"http://127.0.0.1:{port}/"


@pytest.fixture
def silent_url():
    """A URL that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.parametrize("name", ["form", "form_lead"])
def test_the_sample_is_sent_and_accepted(run, webhook_receiver, name):
    """Command name or id; status, latency, webhook-id and answer are shown."""
    code, out, err = run(name, webhook_receiver.url)
    message = webhook_receiver.assert_received("form_lead")
    assert (code, err) == (0, "")
    assert out.startswith("200 OK in ")
    assert f"webhook-id: {message.headers['webhook-id']}\n" in out
    assert '{"status":"accepted"}' in out
    assert message.body == message_body("form_lead")


def message_body(event):
    """Return the documented bytes of an event's sample."""
    return load_contract().event(event).samples[0].body


@pytest.mark.parametrize("event", ["form", "social", "link"])
def test_every_event_of_the_contract_can_be_sent(run, webhook_receiver, event):
    """The three documented events, by their short names."""
    assert run(event, webhook_receiver.url)[0] == 0


@pytest.fixture
def shop_receiver(_hookwright_server):
    """A receiver of the second contract of this suite."""
    receiver = WebhookReceiver(load_contract(SHOP), _hookwright_server)
    yield receiver
    _hookwright_server.clear()


def test_a_contract_of_another_folder(run, shop_receiver):
    """`--contract` names any contract; its fields take JSON where they are no strings."""
    fields = ['items=["pot"]', "express=false", "total=1e3", 'order={"number":"7"}', "note=7"]
    options = [option for field in fields for option in ("--field", field)]
    code, *_ = run("--contract", SHOP, "paid", shop_receiver.url, *options)
    message = shop_receiver.assert_received("order_paid", items=["pot"], express=False, note="7")
    assert code == 0
    assert message.headers["x-shop-event"] == "order.paid"
    assert message.headers["x-shop-delivery"] == message.headers["webhook-id"]


def test_a_typed_field_takes_json(run):
    """What is none is wrong usage, and the line says which type it should be."""
    code, _, err = run("--contract", SHOP, "paid", NOWHERE, "--field", "express=yes")
    assert code == 2
    assert "--field express takes a JSON boolean, not 'yes'" in err


def test_fields_and_parameters(run, webhook_receiver):
    """Fields replace the sample's, parameters are added with their JSON type."""
    code, *_ = run(
        *("form", webhook_receiver.url, "--field", "name=Ada = Countess", "-f", "date=2024-02-29"),
        *("--param", "source=shop:=7", "--param", "score:=7", "-p", "vip:=true", "-p", "x:=null"),
        *("--param", "text=7", "--param", 'quoted:="a=b"', "--param", "empty="),
    )
    message = webhook_receiver.assert_received("form_lead", name="Ada = Countess")
    assert code == 0
    assert message.fields["data"] == "john.smith.1257121140@example.com"
    assert message.parameters == {
        "source": "shop:=7",
        "score": 7,
        "vip": True,
        "x": None,
        "text": "7",
        "quoted": "a=b",
        "empty": "",
    }


def test_data_from_a_file(run, webhook_receiver, tmp_path):
    """Documented names become fields, the rest parameters; `--field` has the last word."""
    file = tmp_path / "lead.json"
    file.write_text('{"name": "Zoë", "date": "2024-01-01", "campaign": 9}')
    code, *_ = run("form", webhook_receiver.url, "--data", file, "--field", "date=2024-02-02")
    message = webhook_receiver.assert_received("form_lead", name="Zoë", date="2024-02-02")
    assert (code, message.parameters) == (0, {"campaign": 9})


def test_data_from_standard_input(run, webhook_receiver, monkeypatch):
    """`-` reads what another program writes."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"name": "Piped"}')))
    assert run("form", webhook_receiver.url, "--data", "-")[0] == 0
    webhook_receiver.assert_received("form_lead", name="Piped")


def test_secrets_sign(run, webhook_receiver):
    """Each secret gives a signature, so that a receiver may know either."""
    webhook_receiver.require_signature("the older secret")
    code, *_ = run("form", webhook_receiver.url, "--secret", "new", "--secret", "the older secret")
    message = webhook_receiver.assert_received("form_lead")
    assert code == 0
    for secret in (b"new", b"the older secret"):
        Webhook(secret).verify(message.body, dict(message.headers))


def test_secrets_from_the_environment(run, webhook_receiver, monkeypatch):
    """Secrets on a command line are seen by every user of the machine."""
    monkeypatch.setenv("HOOKWRIGHT_SECRET", "one of several words, whsec_dHdv,")
    for secret in ("one of several words", "whsec_dHdv"):
        webhook_receiver.require_signature(secret)
        assert run("form", webhook_receiver.url)[0] == 0


def test_a_wrong_secret_says_what_to_do(run, webhook_receiver):
    """401 has a remedy of its own."""
    webhook_receiver.require_signature("right")
    code, out, err = run("form", webhook_receiver.url, "--secret", "wrong")
    assert code == 1
    assert "401 Unauthorized in " in out
    assert err.startswith("hookwright: the receiver answered 401")
    assert "--secret" in err


def test_a_problem_is_shown_readably(run, webhook_receiver):
    """Detail and pointers of problem+json, line by line."""
    webhook_receiver.require_signature("right")
    _, out, _ = run("form", webhook_receiver.url)
    assert "the message was not accepted\n" in out
    assert "the payload carries no signature that is right" in out


def test_a_burst_gives_each_message_an_id(run, webhook_receiver):
    """Progress goes to standard error, the summary to standard output."""
    code, out, err = run("form", webhook_receiver.url, "--count", 8, "--concurrency", 3)
    ids = {message.headers["webhook-id"] for message in webhook_receiver.received}
    assert (code, len(ids)) == (0, 8)
    assert out.startswith("8 of 8 accepted in ")
    assert "       8  200 OK\n" in out
    assert "latency   p50 " in out
    assert "sent: 8 of 8\n" in err


def test_one_id_for_all_makes_duplicates(run, webhook_receiver):
    """What a receiver has to recognise as the same message."""
    code, *_ = run("form", webhook_receiver.url, "-n", 3, "--id", "msg_same")
    assert code == 0
    assert [message.headers["webhook-id"] for message in webhook_receiver.received] == [
        "msg_same"
    ] * 3


def test_a_burst_with_failures(run, webhook_receiver):
    """One message that fails is enough for exit code 1; the first failure is shown."""
    webhook_receiver.fail(503, times=2)
    code, out, err = run("form", webhook_receiver.url, "--count", 5, "--concurrency", 1)
    assert code == 1
    assert out.startswith("3 of 5 accepted in ")
    assert "       2  503 Service Unavailable\n" in out
    assert "told to fail" in out
    assert "2 of 5 were not accepted; first: the receiver answered 503" in err


def test_json_of_one_message(run, webhook_receiver):
    """For a program: one object, with the attempt."""
    code, out, _ = run("form", webhook_receiver.url, "--json", "--id", "msg_1")
    report = json.loads(out)
    attempt = report.pop("attempt")
    assert code == 0
    assert report["latency_ms"].keys() == {"p50", "p95", "p99"}
    assert {key: report[key] for key in ("event", "count", "accepted", "outcomes", "statuses")} == {
        "event": "form_lead",
        "count": 1,
        "accepted": 1,
        "outcomes": {"success": 1},
        "statuses": {"200": 1},
    }
    assert (attempt["webhook_id"], attempt["status"], attempt["error"]) == ("msg_1", 200, None)
    assert json.loads(attempt["body"]) == {"status": "accepted"}


def test_json_of_a_failing_burst(run, webhook_receiver):
    """It stands on standard output also when the command fails."""
    webhook_receiver.fail(500)
    code, out, _ = run("form", webhook_receiver.url, "--json", "--count", 2)
    report = json.loads(out)
    assert code == 1
    assert report["outcomes"] == {"success": 1, "server_error": 1}
    assert report["first_failure"]["status"] == 500


def test_nobody_listens(run, closed_url):
    """Exit code 3, and what to do about it."""
    code, out, err = run("form", closed_url)
    assert code == 3
    assert out.startswith("refused in ")
    assert "Connection refused" in err
    assert "start the receiver" in err


def test_nobody_listens_to_a_burst(run, closed_url):
    """Not one message reached anybody: exit code 3 as well."""
    code, out, err = run("form", closed_url, "--count", 3, "--json")
    assert code == 3
    assert json.loads(out)["outcomes"] == {"refused": 3}
    assert "3 of 3 were not accepted" in err


def test_an_unknown_host(run):
    """A name that does not resolve was not reached."""
    code, _, err = run("form", "http://unknown.invalid/hook")
    assert code == 3
    assert "unknown.invalid could not be resolved" in err


@pytest.mark.parametrize(("trusted", "code"), [(True, 0), (False, 3)])
def test_a_private_authority(run, tmp_path, monkeypatch, trusted, code):
    """Certificates are checked, against the authority that SSL_CERT_FILE names."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with HTTPServer("localhost", ssl_context=tls) as server:
        server.expect_request("/hook").respond_with_data("")
        ended, _, err = run("form", server.url_for("/hook"))
    assert ended == code, err
    assert ("certificate is not trusted" in err) is not trusted


def test_an_interrupt_ends_it():
    """Ctrl-C: no traceback, and the exit code that shells expect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        started = subprocess.Popen(
            [sys.executable, "-m", "hookwright", "send", "form", url, "--timeout", "600"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        accepted, _ = listener.accept()
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
        accepted.close()
    assert (started.returncode, out, err.strip()) == (130, "", "hookwright: stopped.")


@pytest.mark.parametrize("source", ["option", "environment"])
def test_a_receiver_that_does_not_answer(run, silent_url, monkeypatch, source):
    """The deadline is the user's to set; a slow receiver was reached."""
    if source == "environment":
        monkeypatch.setenv("HOOKWRIGHT_TIMEOUT", "1")
    code, out, err = run("form", silent_url, *(["--timeout", 1] if source == "option" else []))
    assert code == 1
    assert out.startswith("timeout in ")
    assert "no complete answer within 1 s" in err


def test_a_redirect_names_the_place(run, webhook_receiver):
    """Failed, not followed, and the remedy is the other URL."""
    webhook_receiver.redirect("https://other.example/")
    code, _, err = run("form", webhook_receiver.url)
    assert code == 1
    assert "redirect to 'https://other.example/'" in err
    assert len(webhook_receiver.received) == 1


def test_an_answer_cannot_write_to_the_terminal(run):
    """Control sequences of a stranger are shown as what they are: nothing."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n\x1b[31mred\x07[b]\n!"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            accepted, _ = listener.accept()
            with accepted:
                accepted.recv(65536)
                accepted.sendall(answer)
                while accepted.recv(65536):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        code, out, _ = run("form", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(30)
    assert code == 0
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[31mred" in out
    assert "[b]" in out


INVALID = [
    (["--field", "date=2020-02-31"], "/date", "no such day"),
    (["--field", "type=phone"], "/type", "no documented value"),
]


@pytest.mark.parametrize(("options", "where", "why"), INVALID)
def test_an_invalid_event_is_not_sent(run, webhook_receiver, options, where, why):
    """Exit code 1 with the pointer, before anything leaves the machine."""
    code, out, err = run("form", webhook_receiver.url, *options)
    assert (code, out) == (1, ""), why
    assert where in err
    assert err.count("\n") == 1
    assert webhook_receiver.received == []


USAGE = [
    (["nothing", NOWHERE], "unknown event 'nothing'", "no such event"),
    (["form"], "Missing argument 'URL'", "no URL"),
    (["form", NOWHERE, "--field", "nickname=x"], "no field 'nickname', only data, type", "unknown"),
    (["form", NOWHERE, "--field", "name"], "--field takes NAME=VALUE", "no value"),
    (["form", NOWHERE, "--field", "=x"], "--field takes NAME=VALUE", "no name"),
    (["form", NOWHERE, "--field", "short_url=x"], "no field 'short_url'", "another event's"),
    (["form", NOWHERE, "--param", "name=x"], "use --field instead", "a documented name"),
    (["form", NOWHERE, "--param", "short_url=x"], "field of link_created", "reserved"),
    (["form", NOWHERE, "--param", "x:=[1]"], "JSON scalar", "an array"),
    (["form", NOWHERE, "--param", "x:={}"], "JSON scalar", "an object"),
    (["form", NOWHERE, "--param", "x:=NaN"], "takes JSON", "no JSON number"),
    (["form", NOWHERE, "--param", "x:="], "takes JSON", "nothing"),
    (["form", NOWHERE, "--param", "x"], "NAME=VALUE or NAME:=JSON", "no value"),
    (["form", NOWHERE, "--param", ":=1"], "NAME=VALUE or NAME:=JSON", "no name"),
    (["form", NOWHERE, "--param", "x=\udcff"], "not UTF-8", "bytes that are no text"),
    (["form", NOWHERE, "--data", "/no/such/file"], "No such file", "a missing file"),
    (["form", NOWHERE, "--count", "0"], "--count", "none at all"),
    (["form", NOWHERE, "--concurrency", "0"], "--concurrency", "nobody to send"),
    (["form", NOWHERE, "--timeout", "0"], "--timeout", "no time"),
    (["form", NOWHERE, "--timeout", "nan"], "--timeout", "no number"),
    (["form", NOWHERE, "--timeout", "soon"], "--timeout", "no number at all"),
    (["form", NOWHERE, "--secret", "whsec_***"], "secret", "a secret that is no base64"),
    (["form", NOWHERE, "--id", "a b"], "webhook-id", "an id that no header takes"),
    (["form", NOWHERE, "--contract", "/no/such/folder"], "--contract", "a missing folder"),
    (["form", "ftp://host.example/"], "http:// or https://", "another scheme"),
    (["form", "localhost:8000"], "http:// or https://", "no scheme"),
    (["form", "http://me:pass@host.example/"], "user name or a password", "userinfo"),
    (["form", "http://host.example:99999/"], "Port out of range", "no port"),
]


@pytest.mark.parametrize(("arguments", "hint", "why"), USAGE)
def test_wrong_usage_is_one_helpful_line(run, arguments, hint, why):
    """Exit code 2, a line on standard error, nothing on standard output, no traceback."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, ""), why
    assert hint in err
    assert err.startswith("hookwright: ")
    assert err.count("\n") == 1, err


@pytest.mark.parametrize(
    ("content", "hint", "why"),
    [
        ('{"name": "x",}', "line 1", "no strict JSON"),
        ("[]", "must be a JSON object", "another type"),
        ('{"name": 7}', "/name", "a field of another type"),
        ('{"list": [1]}', "/list", "a parameter that is no scalar"),
    ],
)
def test_data_that_breaks_the_contract(run, tmp_path, content, hint, why):
    """It is an invalid payload: exit code 1, in one line."""
    file = tmp_path / "data.json"
    file.write_text(content)
    code, out, err = run("form", NOWHERE, "--data", file)
    assert (code, out) == (1, ""), why
    assert hint in err
    assert err.count("\n") == 1


def test_data_with_another_events_field(run, tmp_path):
    """A documented name of another event is in the wrong place: wrong usage."""
    file = tmp_path / "data.json"
    file.write_text('{"short_url": "x"}')
    code, _, err = run("form", NOWHERE, "--data", file)
    assert code == 2
    assert "'short_url' is a documented field of link_created" in err


def test_help_imports_nothing_heavy():
    """`hookwright send --help` is answered without the HTTP client."""
    script = (
        "import sys\n"
        "from hookwright.cli import main\n"
        "try:\n    main(['send', '--help'])\n"
        "finally:\n"
        "    assert not {'httptools', 'yarl', 'jsonschema', 'rich'} & sys.modules.keys()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "EVENT" in ended.stdout
