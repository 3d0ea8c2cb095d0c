"""`hookwright domain`: the record, the look-up, and what came of it, against a name server."""

import pytest

HOST = "hooks.example.test"


@pytest.fixture
def account(typed, kind, prepared, tmp_path, monkeypatch):
    """An account in a database of either kind."""
    state = prepared.back(kind, "ada", tmp_path)
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", state.url)
    return state.account


@pytest.fixture
def asked(name_server, monkeypatch):
    """The name server of the settings."""
    monkeypatch.setenv("HOOKWRIGHT_NAMESERVERS", name_server.address)
    return name_server


def test_the_record_is_printed_as_a_zone_file_has_it(typed, account):
    """It stays the same however often it is asked for."""
    first, second = (typed("domain", "token", HOST) for _ in range(2))
    assert (first.code, first.out) == (0, second.out)
    name, kind, value = first.out.rstrip("\n").split(" ", 2)
    assert (name, kind) == (f"{HOST}.", "TXT")
    assert value.startswith('"joturl-domain-verification=')
    assert f"hookwright domain verify {HOST}" in first.err


def test_a_host_is_proven_by_its_record(typed, account, asked):
    """Refused before it is there, proven once it is, and both are shown."""
    value = typed("domain", "token", HOST, "--json").json["record"]
    asked.records[HOST] = ["A 127.0.0.1"]
    missing = typed("domain", "verify", HOST)
    assert (missing.code, missing.out) == (1, "")
    assert HOST in missing.refusal
    asked.records[HOST] = ["A 127.0.0.1", f'TXT "{value}"']
    proven = typed("domain", "verify", HOST)
    assert (proven.code, proven.err) == (0, "")
    assert proven.out == f"{HOST} is proven to be yours.\n"
    (item,) = typed("domain", "list", "--json").json["items"]
    assert (item["host"], item["status"]) == (HOST, "verified")
    assert "verified" in typed("domain", "show", HOST).out


def test_verify_needs_no_token_first(typed, account, asked):
    """It makes the record, and says which one is missing."""
    asked.records[HOST] = ["A 127.0.0.1"]
    done = typed("domain", "verify", HOST)
    assert done.code == 1
    assert "joturl-domain-verification=" in done.refusal


def test_json_tells_what_was_found_whatever_it_was(typed, account, asked):
    """The object as the API has it, and the exit code beside it."""
    done = typed("domain", "verify", HOST, "--json")
    assert (done.code, done.json["host"], done.json["status"]) == (1, HOST, "failed")
    assert done.err.count("\n") == 1


def test_no_answer_is_no_finding(typed, account, asked):
    """3: the other side could not be reached, and nothing is known."""
    asked.failing("SERVFAIL")
    done = typed("domain", "verify", HOST)
    assert (done.code, done.out) == (3, "")
    assert "nothing is known" in done.refusal


def test_what_a_stranger_wrote_does_not_drive_the_terminal(typed, account, asked):
    """A TXT record may hold anything; it is shown where it does not match."""
    asked.records[HOST] = ['TXT "joturl-domain-verification=\\027[2Jx"']
    done = typed("domain", "verify", HOST)
    assert done.code == 1
    assert "\x1b" not in done.err
    assert "\x1b" not in typed("domain", "show", HOST).out


def test_hosts_are_listed_at_80_columns(typed, account):
    """Their names may be long."""
    hosts = [HOST, "a" * 60 + ".example.test"]
    for host in hosts:
        typed("domain", "token", host)
    listed = typed("domain", "list").out
    assert max(map(len, listed.splitlines())) <= 80
    assert HOST in listed
    assert "pending" in listed


def test_an_empty_list_says_how_to_begin(typed, account):
    """A table without rows helps nobody."""
    assert "hookwright domain token HOST" in typed("domain", "list").out
    assert typed("domain", "list", "--json").json == {"items": [], "next": None}


def test_none_of_it_needs_the_keys_of_the_database(typed, account, monkeypatch):
    """A token stands in the DNS; nothing of it is encrypted."""
    monkeypatch.setenv("HOOKWRIGHT_KEYS", "nonsense")
    for arguments in (["token", HOST], ["list"], ["show", HOST]):
        assert typed("domain", *arguments).code == 0, arguments


REFUSED = [
    # arguments, part of the line, reason
    (["token"], "HOST", "no host"),
    (["token", "127.0.0.1"], "127.0.0.1", "an address"),
    (["token", "com"], "com", "a public suffix"),
    (["token", "a b"], "a b", "no host at all"),
    (["show", "other.example.test"], "other.example.test", "a host that was not added"),
    (["verify", "127.0.0.1"], "127.0.0.1", "an address"),
    (["list", "--account", "12"], "12", "no such account"),
    (["list", "--account", "me"], "such as", "no id"),
]


@pytest.mark.parametrize(
    ("arguments", "part"), [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_wrong_usage_is_one_helpful_line(typed, ada, arguments, part):
    """Exit code 2, and nothing changed."""
    done = typed("domain", *arguments)
    assert (done.code, part in done.refusal) == (2, True), done.err


def test_a_setting_that_cannot_be_read_is_named(typed, account, monkeypatch):
    """Not only once something is looked up."""
    monkeypatch.setenv("HOOKWRIGHT_NAMESERVERS", "ns.example.com")
    done = typed("domain", "list")
    assert done.code == 2
    assert "HOOKWRIGHT_NAMESERVERS" in done.refusal
