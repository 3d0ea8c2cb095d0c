"""Tracking links: their aliases, domains and events."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from hookwright_schemas import InvalidPayload
from hookwright_sender.platform.capture import Capture, Link
from hookwright_sender.platform.errors import AliasTaken, InvalidValue, LinksNotProven
from hookwright_sender.platform.link import DEFAULT_HOST
from hookwright_sender.store.tables import events, link_domains, links

URL = "https://www.joturl.com/"


def test_a_link_is_an_event_with_all_about_it(platform, ada):
    """Ids are texts of digits, and the short URL is made of domain and alias."""
    project = platform.project(ada, "project #1")
    event = platform.capture.link(ada, Link(project.id, URL, "joturl", notes="n", tags="a,b"))
    [domain] = platform.rows(select(link_domains))
    [link] = platform.rows(select(links))
    assert (event.event, event.project_id, event.cta_id) == ("link_created", project.id, None)
    assert event.payload == {
        "id": str(link.id),
        "alias": "joturl",
        "domain_id": str(domain.id),
        "domain_host": "jo.my",
        "domain_nickname": "",
        "project_id": str(project.id),
        "project_name": "project #1",
        "short_url": "https://jo.my/joturl",
        "long_url": URL,
        "notes": "n",
        "tags": "a,b",
    }
    assert platform.contract.check(event.payload).valid


def test_an_alias_is_made_up_where_there_is_none(platform, ada):
    """Short, readable, and another one each time."""
    project = platform.project(ada)
    stored = platform.capture.emit(ada, [Link(project.id, URL)] * 50)
    aliases = {each.payload["alias"] for each in stored}
    assert len(aliases) == 50
    assert all(re.fullmatch("[a-km-np-z2-9]{7}", alias) for alias in aliases)


def test_an_alias_that_is_taken_is_made_up_again(platform, ada):
    """A random alias may be one that there is; then it is made up again, longer."""
    project = platform.project(ada)
    chances = iter([b"\0" * 7, b"\0" * 7, b"\0" * 8, b"\0" * 7, b"\0" * 8, b"\1" * 9])
    capture = Capture(
        platform.database, platform.ring, platform.contract, randbytes=lambda _length: next(chances)
    )
    aliases = [capture.link(ada, Link(project.id, URL)).payload["alias"] for _ in range(3)]
    assert aliases == ["aaaaaaa", "aaaaaaaa", "bbbbbbbbb"]


def test_made_up_aliases_of_one_batch_differ(platform, ada):
    """Two of a batch that chance has made equal become two."""
    project = platform.project(ada)
    chances = iter([b"\0" * 7, b"\0" * 7, b"\2" * 8])
    capture = Capture(
        platform.database, platform.ring, platform.contract, randbytes=lambda _length: next(chances)
    )
    stored = capture.emit(ada, [Link(project.id, URL)] * 2)
    assert sorted(each.payload["alias"] for each in stored) == ["aaaaaaa", "cccccccc"]


def test_an_alias_is_taken_once_on_a_domain(platform, ada):
    """The refusal says where, and leaves nothing behind."""
    project = platform.project(ada)
    platform.capture.link(ada, Link(project.id, URL, "joturl"))
    with pytest.raises(AliasTaken, match=r"'joturl' is taken on jo\.my"):
        platform.capture.link(ada, Link(platform.project(ada).id, URL, "joturl"))
    with pytest.raises(AliasTaken):
        platform.capture.emit(ada, [Link(project.id, URL, "new")] * 2)
    assert len(platform.rows(select(links))) == len(platform.rows(select(events))) == 1
    platform.prove(ada, "go.example.com")
    # Elsewhere it is free, and in other letters it is another one.
    platform.capture.link(ada, Link(project.id, URL, "joturl", "go.example.com"))
    platform.capture.link(ada, Link(project.id, URL, "Joturl"))


def test_accounts_share_the_platforms_domain(platform, ada, eve):
    """A short URL leads to one place: whose it is, nobody else is told."""
    platform.capture.link(ada, Link(platform.project(ada).id, URL, "joturl"))
    project = platform.project(eve)
    for host in (None, "jo.my", "JO.my."):
        with pytest.raises(AliasTaken, match=r"^the alias 'joturl' is taken on jo\.my: use"):
            platform.capture.link(eve, Link(project.id, URL, "joturl", host))
    platform.capture.link(eve, Link(project.id, URL, "other"))
    [domain] = platform.rows(select(link_domains))
    assert (domain.account_id, domain.host) == (None, "jo.my")


def test_accounts_that_begin_at_the_same_time_share_it_too(platform):
    """Of many that would be the first to need the platform's domain, one makes it."""
    projects = [(each, platform.project(each)) for each in map(platform.account, "abcdef")]

    def make(pair):
        principal, project = pair
        try:
            return platform.capture.link(principal, Link(project.id, URL, "joturl"))
        except AliasTaken:
            return None

    with ThreadPoolExecutor(6) as threads:
        made = [each for each in threads.map(make, projects) if each is not None]
    assert len(made) == len(platform.rows(select(link_domains))) == 1


def test_a_host_of_ones_own_is_proven_first(platform, ada, eve):
    """Neither a stranger's proof nor one that is gone lets links be there."""
    link = Link(platform.project(ada).id, URL, "joturl", "go.example.com")
    with pytest.raises(LinksNotProven, match=r"go\.example\.com .* add it to your domains"):
        platform.capture.link(ada, link)
    platform.domains.add(ada, "go.example.com")
    platform.prove(eve, "go.example.com")
    with pytest.raises(LinksNotProven):
        platform.capture.link(ada, link)
    platform.prove(ada, "go.example.com")
    assert platform.capture.link(ada, link).payload["short_url"] == "https://go.example.com/joturl"
    platform.unprove("go.example.com")
    platform.verify(ada, "go.example.com")
    with pytest.raises(LinksNotProven):
        platform.capture.link(ada, replace(link, alias="other"))
    assert len(platform.rows(select(links))) == 1


def test_a_batch_may_be_on_several_hosts(platform, ada):
    """Each link is where it was asked to be."""
    project = platform.project(ada)
    for host in ("go.example.com", "to.example.com"):
        platform.prove(ada, host)
    hosts = ["to.example.com", None, "go.example.com", "jo.my"]
    stored = platform.capture.emit(ada, [Link(project.id, URL, domain_host=host) for host in hosts])
    assert [each.payload["domain_host"] for each in stored] == [host or "jo.my" for host in hosts]
    owned = [row.account_id for row in platform.rows(select(link_domains))]
    assert sorted(owned, key=str) == sorted([None, *[ada.account_id] * 2], key=str)


def test_at_the_same_time_one_gets_the_alias(platform, ada):
    """Eight that want one alias: one link, seven refusals."""
    project = platform.project(ada)

    def make(_number):
        try:
            platform.capture.link(ada, Link(project.id, URL, "joturl"))
        except AliasTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(make, range(8))) == [False] * 7 + [True]


def test_batches_at_the_same_time_do_not_wait_for_each_other_in_a_circle(platform, ada):
    """Whatever the order in which they want their aliases."""
    project = platform.project(ada)
    names = [f"alias-{number}" for number in range(30)]

    def make(order):
        try:
            return len(platform.capture.emit(ada, [Link(project.id, URL, name) for name in order]))
        except AliasTaken:
            return 0

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(make, [names, names[::-1], names, names[::-1]]))
    assert sorted(made) == [0, 0, 0, 30]


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("jo.my", "jo.my"),
        ("Go.Example.com.", "go.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_recognised_however_it_is_written(platform, ada, host, normal):
    """Each host has one row in an account."""
    project = platform.project(ada)
    if normal != DEFAULT_HOST:
        platform.prove(ada, host)
    first = platform.capture.link(ada, Link(project.id, URL, domain_host=host)).payload
    second = platform.capture.link(ada, Link(project.id, URL, domain_host=normal)).payload
    assert first["domain_host"] == normal
    assert first["domain_id"] == second["domain_id"]
    assert first["short_url"] == f"https://{normal}/{first['alias']}"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"long_url": ""}, "long_url"),
        ({"long_url": "www.joturl.com"}, "long_url"),
        ({"long_url": "javascript:alert(1)"}, "long_url"),
        ({"long_url": "https://"}, "long_url"),
        ({"long_url": "https://a.example/ b"}, "long_url"),
        ({"long_url": "https://a.example/\ud800"}, "long_url"),
        ({"long_url": "https://a.example/" + "x" * 4096}, "long_url"),
        ({"long_url": None}, "long_url"),
        ({"alias": ""}, "alias"),
        ({"alias": "a/b"}, "alias"),
        ({"alias": "é"}, "alias"),
        ({"alias": "a b"}, "alias"),
        ({"alias": "a%20b"}, "alias"),
        ({"alias": ".."}, "alias"),
        ({"alias": "x" * 101}, "alias"),
        ({"alias": 5}, "alias"),
        ({"domain_host": ""}, "domain_host"),
        ({"domain_host": "https://jo.my"}, "domain_host"),
        ({"domain_host": "127.0.0.1"}, "domain_host"),
        ({"domain_host": 5}, "domain_host"),
    ],
)
def test_a_link_that_cannot_be_is_refused(platform, ada, fields, wrong):
    """The refusal names the field, and nothing is stored."""
    project = platform.project(ada)
    with pytest.raises(InvalidValue) as caught:
        platform.capture.link(ada, Link(project.id, **{"long_url": URL, **fields}))
    assert caught.value.field == wrong
    assert platform.rows(select(links)) == platform.rows(select(link_domains)) == []


@pytest.mark.parametrize("field", ["notes", "tags"])
@pytest.mark.parametrize("value", ["a\0", "\ud800", None, ["a"]])
def test_what_is_noted_of_a_link_is_checked_by_the_contract(platform, ada, field, value):
    """Texts without NUL, as documented."""
    project = platform.project(ada)
    with pytest.raises(InvalidPayload) as caught:
        platform.capture.link(ada, Link(project.id, URL, **{field: value}))
    assert [each.pointer for each in caught.value.violations] == [f"/{field}"]
    assert platform.rows(select(links)) == []


def test_a_link_of_a_project_with_a_webhook_goes_out(platform, ada):
    """With the parameters of the project's webhook."""
    platform.prove(ada)
    project = platform.project(ada)
    platform.set(ada, project, parameters={"token": "s3cret"})
    event = platform.capture.link(ada, Link(project.id, URL))
    assert event.delivery_id is not None
    assert event.payload["token"] == "s3cret"
