"""`hookwright deliveries`: the log, and sending again."""

from pathlib import Path

import pytest

NOBODY = 121212121212121212


@pytest.fixture
def found(typed, kind, prepared, tmp_path, monkeypatch):
    """An account, and what it has sent."""
    state = prepared.back(kind, "logged", tmp_path)
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", state.url)
    return state


@pytest.fixture
def logged(found):
    """Two deliveries: one that was accepted, and a newer one that was not; their ids."""
    return found.logged


def listed(typed, *arguments):
    """Return the ids of a listing."""
    done = typed("deliveries", "list", "--json", *arguments)
    assert done.code == 0, done.err
    return [item["id"] for item in done.json["items"]]


def test_deliveries_are_listed_newest_first(typed, logged):
    """With their ids whole at 80 columns, and as the API writes them."""
    accepted, refused = logged
    assert listed(typed) == [refused, accepted]
    table = typed("deliveries", "list").out
    assert max(map(len, table.splitlines())) <= 80
    for word in (accepted, refused, "form_lead", "delivered", "dead", "200", "500"):
        assert word in table


FILTERS = [
    # options, which of the two are found
    ([], "both"),
    (["--status", "delivered"], "accepted"),
    (["--status", "dead"], "refused"),
    (["--status", "pending"], "none"),
    (["--last-status", "500"], "refused"),
    (["--outcome", "server_error"], "refused"),
    (["--outcome", "success", "--status", "delivered"], "accepted"),
    (["--event", "form_lead"], "both"),
    (["--event", "form"], "both"),
    (["--event", "link_created"], "none"),
    (["--webhook", str(NOBODY)], "none"),
    (["--since", "1h"], "both"),
    (["--until", "1h"], "none"),
    (["--since", "2026-01-01", "--until", "2090-01-01"], "both"),
]


@pytest.mark.parametrize("kind", ["SQLite"], indirect=True)
def test_filters_choose(typed, logged):
    """As those of the API do."""
    accepted, refused = logged
    which = {"both": [refused, accepted], "accepted": [accepted], "refused": [refused], "none": []}
    for options, found in FILTERS:
        assert listed(typed, *options) == which[found], options


def test_a_long_list_comes_in_pages(typed, logged):
    """The line on standard error says how to go on; the last page has none."""
    accepted, refused = logged
    first = typed("deliveries", "list", "--limit", "1")
    assert refused in first.out
    assert f"--after {refused}" in first.err
    second = typed("deliveries", "list", "--limit", "1", "--after", refused)
    assert (accepted in second.out, second.err) == (True, "")
    assert typed("deliveries", "list", "--limit", "1", "--json").json["next"] == refused


def test_nothing_found_is_said(typed, owned):
    """Rather than a table without rows."""
    assert typed("deliveries", "list").out == "There is no such delivery.\n"


def test_a_delivery_is_shown_with_every_attempt(typed, logged):
    """What was sent and what was answered, secrets masked."""
    _, refused = logged
    shown = typed("deliveries", "show", refused)
    for word in (refused, "dead", "attempt 1", "500", "> webhook-id", "< content-length", "••••"):
        assert word in shown.out
    told = typed("deliveries", "show", refused, "--json").json
    assert (told["status"], told["attempt_count"]) == ("dead", 1)
    (attempt,) = told["attempts"]
    assert (attempt["status"], attempt["outcome"]) == (500, "server_error")


@pytest.mark.parametrize(
    "arguments",
    [
        ["{refused}"],
        ["--failed", "--yes"],
        ["--status", "dead", "--yes"],
        ["--since", "1h", "--yes"],
    ],
    ids=" ".join,
)
def test_deliveries_are_made_again(typed, logged, arguments):
    """One of them, everything that failed, or what the filters choose: pending again."""
    accepted, refused = logged
    done = typed("deliveries", "replay", *(each.format(refused=refused) for each in arguments))
    both = "--since" in arguments
    assert done.code == 0, done.err
    assert done.out == ("2 deliveries are made again.\n" if both else "1 delivery is made again.\n")
    assert refused in listed(typed, "--status", "pending")
    assert (accepted in listed(typed, "--status", "pending")) is both


def test_many_are_not_made_again_unasked(typed, logged):
    """Without a terminal it says how to say yes."""
    done = typed("deliveries", "replay", "--failed")
    assert done.code == 2
    assert "--yes" in done.refusal
    assert listed(typed, "--status", "pending") == []


def test_what_has_nowhere_to_go_is_not_made_again(typed, found):
    """Its webhook was removed."""
    typed("webhook", "remove", "--cta", found.cta, "--yes")
    done = typed("deliveries", "replay", found.logged[1])
    assert done.code == 2
    assert "removed" in done.refusal
    assert typed("deliveries", "replay", "--failed", "--yes").out.startswith("0 deliveries")


def test_what_is_old_is_forgotten(typed, logged):
    """What is not, stays; a younger age takes more."""
    assert typed("deliveries", "purge", "--older-than", "1d", "--yes").code == 0
    assert len(listed(typed)) == 2
    gone = typed("deliveries", "purge", "--older-than", "0s", "--yes", "--json").json
    assert gone["deliveries"] == 2
    assert listed(typed) == []


def test_nothing_is_forgotten_unasked(typed, logged):
    """It is the log of all accounts."""
    done = typed("deliveries", "purge")
    assert done.code == 2
    assert "older than 30 days" in done.refusal
    assert len(listed(typed)) == 2


REFUSED = [
    # arguments, part of the line
    (["list", "--status", "lost"], "lost"),
    (["list", "--last-status", "42"], "42"),
    (["list", "--outcome", "bad"], "server_error"),
    (["list", "--outcome", "bad"], "lost"),
    (["list", "--event", "order"], "order"),
    (["list", "--since", "yesterday"], "such as"),
    (["list", "--until", "9999-12-31"], "such as"),
    (["list", "--webhook", "mine"], "such as"),
    (["list", "--limit", "0"], "--limit"),
    (["list", "--account", str(NOBODY)], str(NOBODY)),
    (["show"], "DELIVERY"),
    (["show", str(NOBODY)], str(NOBODY)),
    (["show", "1", "2"], "2"),
    (["replay"], "--failed"),
    (["replay", str(NOBODY)], str(NOBODY)),
    (["replay", str(NOBODY), "--failed"], "one of both"),
    (["purge", "--older-than", "1y", "--yes"], "such as"),
]


@pytest.mark.parametrize(("arguments", "part"), REFUSED, ids=[" ".join(row[0]) for row in REFUSED])
def test_wrong_usage_is_one_helpful_line(typed, ada, arguments, part):
    """Exit code 2, and nothing changed."""
    done = typed("deliveries", *arguments)
    assert (done.code, part in done.refusal) == (2, True), done.err


def test_a_lost_key_file_is_one_line(typed, ada, tmp_path):
    """The log quotes what was sent, so it is encrypted."""
    Path(tmp_path / "hookwright.db.key").unlink()
    done = typed("deliveries", "list")
    assert done.code == 2
    assert "hookwright.db.key is missing" in done.refusal
