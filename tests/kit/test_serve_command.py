"""`hookwright serve` and `hookwright worker`: what keeps them from starting, in one line."""

import socket
from pathlib import Path

import pytest

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER_KEY = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SERVE, WORK, READ = ["serve", "--port", "0"], ["worker"], ["webhook", "list"]
STARTS = [pytest.param(SERVE, id="serve"), pytest.param(WORK, id="worker")]
USES = [*STARTS, pytest.param(READ, id="webhook list")]

WRONG_USAGE = [
    # arguments, part of the line
    (["serve", "--port", "http"], "--port"),
    (["serve", "--port", "65536"], "--port"),
    (["serve", "--port", "-1"], "--port"),
    (["serve", "--host", "192.0.2.1", "--port", "0"], "192.0.2.1"),
    (["serve", "--host", "no-such-host.invalid", "--port", "0"], "no-such-host.invalid"),
    (["serve", "--host", "", "--port", "x"], "--port"),
    (["serve", "--concurrency", "0"], "--concurrency"),
    (["serve", "--concurrency", "many"], "--concurrency"),
    (["serve", "--no-worker", "--concurrency", "5"], "--no-worker"),
    (["serve", "now"], "now"),
    (["worker", "--concurrency", "0"], "--concurrency"),
    (["worker", "--metrics-port", "-1"], "--metrics-port"),
    (["worker", "--metrics-port", "0", "--host", "192.0.2.1"], "192.0.2.1"),
    (["worker", "now"], "now"),
]


@pytest.mark.parametrize(
    ("arguments", "part"), WRONG_USAGE, ids=[" ".join(row[0]) for row in WRONG_USAGE]
)
def test_wrong_usage_is_one_helpful_line(typed, tmp_path, arguments, part):
    """Exit code 2, before anything is made."""
    done = typed(*arguments)
    assert (done.code, part in done.refusal) == (2, True), done.err
    assert list(tmp_path.iterdir()) == []


WRONG_SETTINGS = [
    # settings, exit code, part of the line
    ({"DATABASE_URL": "postgresql://127.0.0.1:1/x", "KEYS": KEY}, 3, "refused"),
    ({"DATABASE_URL": "sqlite:///no/such/folder/x.db"}, 3, "unable to open"),
    ({"DATABASE_URL": "mysql://x/y"}, 2, "HOOKWRIGHT_DATABASE_URL"),
    ({"ALLOW_NETWORKS": "everything"}, 2, "HOOKWRIGHT_ALLOW_NETWORKS"),
    ({"ALLOW_NETWORKS": "0.0.0.0/0"}, 2, "HOOKWRIGHT_ALLOW_NETWORKS"),
    ({"ALLOW_PORTS": "http"}, 2, "HOOKWRIGHT_ALLOW_PORTS"),
    ({"ALLOW_HTTP": "perhaps"}, 2, "HOOKWRIGHT_ALLOW_HTTP"),
    ({"NAMESERVERS": "ns.example.com"}, 2, "HOOKWRIGHT_NAMESERVERS"),
    ({"RETRY_DELAYS": "soon"}, 2, "HOOKWRIGHT_RETRY_DELAYS"),
    ({"TIMEOUT": "0"}, 2, "HOOKWRIGHT_TIMEOUT"),
    ({"TIMEOUT": "nan"}, 2, "HOOKWRIGHT_TIMEOUT"),
    ({"LOG_FORMAT": "xml"}, 2, "HOOKWRIGHT_LOG_FORMAT"),
    ({"CONCURRENCY": "many"}, 2, "HOOKWRIGHT_CONCURRENCY"),
    ({"RETENTION_DAYS": "-1"}, 2, "HOOKWRIGHT_RETENTION_DAYS"),
]


@pytest.mark.parametrize("arguments", STARTS)
@pytest.mark.parametrize(
    ("settings", "code", "part"), WRONG_SETTINGS, ids=[str(row[0]) for row in WRONG_SETTINGS]
)
def test_a_setting_that_cannot_be_used_is_named(  # noqa: PLR0913, PLR0917  a row of the table
    typed, monkeypatch, tmp_path, arguments, settings, code, part
):
    """Before anything is made, and in one line."""
    for name, value in settings.items():
        monkeypatch.setenv(f"HOOKWRIGHT_{name}", value)
    done = typed(*arguments)
    assert (done.code, part in done.refusal) == (code, True), done.err
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named(typed, tmp_path):
    """The second of two on one port; it says what to do, and makes nothing."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = typed("serve", "--port", port)
    assert done.code == 2
    assert f"port {port}: address already in use" in done.refusal
    assert "--port" in done.refusal
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", USES)
def test_a_lost_key_file_is_no_reason_for_a_new_one(typed, ada, tmp_path, arguments):
    """What is stored could never be read again, so nothing starts until it is back."""
    file = tmp_path / "hookwright.db.key"
    file.unlink()
    done = typed(*arguments)
    assert done.code == 2
    assert "hookwright.db.key is missing" in done.refusal
    assert not file.exists()


@pytest.mark.parametrize("arguments", USES)
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_that_others_can_read_is_refused(typed, ada, tmp_path, arguments, mode):
    """It is not worth much any more, and the line says what to do."""
    (tmp_path / "hookwright.db.key").chmod(mode)
    done = typed(*arguments)
    assert done.code == 2
    assert "hookwright.db.key" in done.refusal
    assert "chmod" in done.refusal


def test_a_key_file_of_noise_is_refused(typed, ada, tmp_path):
    """Without showing what it holds."""
    (tmp_path / "hookwright.db.key").write_text("a-secret-that-is-no-key")
    done = typed(*SERVE)
    assert (done.code, "a-secret" in done.refusal) == (2, False)


@pytest.mark.parametrize("arguments", USES)
@pytest.mark.parametrize(
    ("keys", "part"),
    [
        pytest.param(OTHER_KEY, "was encrypted with key", id="another key"),
        pytest.param("short", "HOOKWRIGHT_KEYS", id="no key"),
        pytest.param("", "HOOKWRIGHT_KEYS", id="empty"),
    ],
)
def test_a_wrong_key_is_refused_at_once(  # noqa: PLR0913, PLR0917  a row of the table
    typed, kind, prepared, tmp_path, monkeypatch, arguments, keys, part
):
    """Not later, by the first lead that cannot be read. No key is shown."""
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", prepared.back(kind, "keyed", tmp_path).url)
    monkeypatch.setenv("HOOKWRIGHT_KEYS", keys)
    done = typed(*arguments)
    assert (done.code, part in done.refusal) == (2, True), done.err
    assert not keys or keys not in done.err


@pytest.mark.parametrize("arguments", STARTS)
def test_postgresql_has_no_key_file(typed, monkeypatch, database_url, arguments):
    """Several machines share it: the key is a setting of each."""
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", database_url)
    done = typed(*arguments)
    assert done.code == 2
    assert "HOOKWRIGHT_KEYS is not set" in done.refusal


@pytest.mark.parametrize("arguments", STARTS)
def test_a_database_of_noise_is_one_line(typed, arguments):
    """And it is left as it is."""
    Path("hookwright.db").write_bytes(b"noise" * 1000)
    done = typed(*arguments)
    assert (done.code, "not a database" in done.refusal) == (3, True)
    assert Path("hookwright.db").read_bytes() == b"noise" * 1000
