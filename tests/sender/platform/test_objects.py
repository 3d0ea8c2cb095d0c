"""CTAs and projects: made, found, listed; and what the audit log says of it."""

import pytest

from hookwright_sender.platform.ctas import KINDS
from hookwright_sender.platform.errors import InvalidValue, NotFound
from hookwright_sender.platform.principal import Principal


@pytest.mark.parametrize("kind", KINDS)
def test_a_cta_is_of_a_kind(platform, ada, kind):
    """Each documented kind can be made, and is found again as it was made."""
    made = platform.ctas.create(ada, kind, "Newsletter")
    assert platform.ctas.get(ada, made.id) == made
    assert (made.kind, made.name, made.created_at) == (kind, "Newsletter", platform.clock.moment)


def test_a_cta_of_no_kind_is_refused(platform, ada):
    """The refusal names the kinds that there are."""
    with pytest.raises(InvalidValue, match="form, social_optin, social_optin_xl"):
        platform.ctas.create(ada, "popup", "Newsletter")


def test_a_project_has_a_name(platform, ada):
    """A project is found again as it was made."""
    made = platform.projects.create(ada, "project #1")
    assert platform.projects.get(ada, made.id) == made


@pytest.mark.parametrize("name", ["", "\0", "x" * 201])
def test_names_are_checked(platform, ada, name):
    """No object has a name that cannot be kept."""
    with pytest.raises(InvalidValue):
        platform.projects.create(ada, name)
    with pytest.raises(InvalidValue):
        platform.ctas.create(ada, "form", name)


@pytest.mark.parametrize("objects", ["ctas", "projects"])
def test_lists_are_in_pages_newest_first(platform, ada, objects):
    """Going on after the last id shows everything once."""
    service = getattr(platform, objects)
    kind = ["form"] if objects == "ctas" else []
    made = [service.create(ada, *kind, f"number {number}").id for number in range(5)]
    seen, after, sizes = [], None, []
    while True:
        part = service.page(ada, after, 2)
        seen += [each.id for each in part.items]
        sizes.append(len(part.items))
        after = part.next
        if after is None:
            break
    assert seen == made[::-1]
    assert sizes == [2, 2, 1]
    assert service.page(ada, None, 5).next is None


def test_what_is_not_there_is_not_found(platform, ada):
    """A wrong id is said to be wrong."""
    with pytest.raises(NotFound, match="there is no CTA 5"):
        platform.ctas.get(ada, 5)
    with pytest.raises(NotFound, match="there is no project 5"):
        platform.projects.get(ada, 5)


def test_the_audit_log_tells_who_made_what(platform):
    """Every change has its actor, newest first, in pages."""
    account = platform.accounts.create("Ada")
    key = platform.accounts.authenticate(account.key)
    cta = platform.ctas.create(key, "form", "x")
    project = platform.projects.create(Principal.command(account.id), "y")
    log = platform.audit.page(key)
    assert [(entry.actor, entry.action, entry.subject) for entry in log.items] == [
        ("command", "project.create", f"project:{project.id}"),
        (key.actor, "cta.create", f"cta:{cta.id}"),
        ("command", "key.issue", key.actor),
        ("command", "account.create", f"account:{account.id}"),
    ]
    assert platform.audit.page(key, log.items[1].id, 1).items == (log.items[2],)
