"""Accounts, and keys that are shown once."""

import hashlib
import re

import pytest
from sqlalchemy import select

from hookwright_sender.platform.errors import InvalidValue, NotFound
from hookwright_sender.store.tables import api_keys


def test_a_key_is_shown_once_and_stored_as_its_digest(platform):
    """What the database has of a key is its SHA-256 and its last characters."""
    made = platform.accounts.create("Ada")
    assert re.fullmatch(r"hw_[A-Za-z0-9_-]{43}", made.key)
    [row] = platform.rows(select(api_keys))
    assert row.digest == hashlib.sha256(made.key.encode()).digest()
    assert row.hint == made.key[-4:]
    assert made.key not in repr(made)


def test_a_key_speaks_for_its_account(platform):
    """Whoever shows a key is its account, under the key's own name."""
    ada, eve = platform.accounts.create("Ada"), platform.accounts.create("Eve")
    [key] = platform.accounts.keys(ada.id)
    principal = platform.accounts.authenticate(ada.key)
    assert (principal.account_id, principal.actor) == (ada.id, f"key:{key.id}")
    assert platform.accounts.authenticate(eve.key).account_id == eve.id


@pytest.mark.parametrize("change", [str.lower, lambda key: key[:-1], lambda key: key + "x"])
def test_what_is_nearly_a_key_is_none(platform, change):
    """A key counts whole and exactly."""
    made = platform.accounts.create("Ada")
    assert platform.accounts.authenticate(change(made.key)) is None


@pytest.mark.parametrize(
    "text", ["", "hw_", "hw_é", "hw_\ud800", "x" * 10_000, "hw_" + "x" * 9_999]
)
def test_what_is_no_key_is_looked_up_as_none(platform, text):
    """Whatever a stranger sends as a key is an answer, not an error."""
    assert platform.accounts.authenticate(text) is None


def test_a_revoked_key_is_none_and_the_others_go_on(platform):
    """Revoking ends one key, at once and for good."""
    made = platform.accounts.create("Ada")
    other = platform.accounts.issue_key(made.id)
    first = platform.accounts.keys(made.id)[0]
    platform.accounts.revoke_key(made.id, first.id)
    platform.accounts.revoke_key(made.id, first.id)
    assert platform.accounts.authenticate(made.key) is None
    assert platform.accounts.authenticate(other.key) is not None
    assert [key.revoked_at is None for key in platform.accounts.keys(made.id)] == [False, True]
    assert other.key not in repr(other)


def test_a_key_of_another_account_is_not_found(platform):
    """Nobody revokes a stranger's key."""
    ada, eve = platform.accounts.create("Ada"), platform.accounts.create("Eve")
    [key] = platform.accounts.keys(ada.id)
    with pytest.raises(NotFound):
        platform.accounts.revoke_key(eve.id, key.id)
    assert platform.accounts.authenticate(ada.key) is not None


def test_accounts_are_listed_in_the_order_of_their_making(platform):
    """Who runs the platform sees every account."""
    ada, eve = platform.accounts.create("Ada"), platform.accounts.create("Eve")
    assert [(each.id, each.name) for each in platform.accounts.list()] == [
        (ada.id, "Ada"),
        (eve.id, "Eve"),
    ]
    assert platform.accounts.get(ada.id).created_at == platform.clock.moment


@pytest.mark.parametrize("call", ["get", "keys", "issue_key"])
def test_an_account_that_is_not_there_is_not_found(platform, call):
    """A wrong id is said to be wrong."""
    with pytest.raises(NotFound, match="there is no account 5"):
        getattr(platform.accounts, call)(5)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "\ud800", "x" * 201, None, 5])
def test_a_name_that_cannot_be_kept_is_refused(platform, name):
    """Every name can be stored in either database, and read by a person."""
    with pytest.raises(InvalidValue) as caught:
        platform.accounts.create(name)
    assert caught.value.field == "name"
    assert platform.accounts.list() == ()
