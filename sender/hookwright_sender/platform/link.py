"""Tracking links: what is asked for, and whether it can be had."""

import re
from dataclasses import dataclass
from typing import Any

from hookwright_sender.egress.host import normalise_host
from hookwright_sender.errors import InvalidHost, InvalidURL
from hookwright_sender.platform.errors import InvalidValue
from hookwright_sender.platform.text import check_text
from hookwright_sender.target import parse_target

LINK_CREATED = "link_created"
# The platform's own short domain, for the links of all accounts.
DEFAULT_HOST = "jo.my"
LONGEST_URL = 4096
LONGEST_ALIAS = 100
# What stands in a URL as it is (RFC 3986, 2.3).
ALIAS = re.compile(f"[A-Za-z0-9._~-]{{1,{LONGEST_ALIAS}}}")


@dataclass(frozen=True, slots=True)
class Link:
    """A tracking link to make.

    Without `alias` a free one is made up, without `domain_host` it is on the platform's domain;
    another host must be proven to be the account's.
    """

    project_id: int
    long_url: str
    alias: str | None = None
    domain_host: str | None = None
    notes: str = ""
    tags: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link is: its id, and the alias on a domain."""

    id: int
    alias: str
    domain_id: int
    host: str
    nickname: str

    @property
    def short_url(self) -> str:
        """What people click on."""
        return f"https://{self.host}/{self.alias}"


def check_link(link: Link) -> str:
    """Return the host that a link is to be on. Raises `InvalidValue`."""
    url = check_text(link.long_url, "long_url", LONGEST_URL)
    try:
        parse_target(url)
    except InvalidURL as error:
        remedy = "give one like https://host.example/path"
        raise InvalidValue("long_url", f"is no URL: {error.reason}; {remedy}") from None
    if link.alias is not None:
        _check_alias(check_text(link.alias, "alias", LONGEST_ALIAS))
    if link.domain_host is None:
        return DEFAULT_HOST
    try:
        return normalise_host(check_text(link.domain_host, "domain_host", LONGEST_URL))
    except InvalidHost as error:
        raise InvalidValue(
            "domain_host", f"is no host: {error.reason}; give one like jo.my"
        ) from None


def link_fields(link: Link, place: Place, project_name: str) -> dict[str, Any]:
    """Return the fields of the event that a link was made."""
    return {
        # Digits that a receiver must not take for a number.
        "id": str(place.id),
        "alias": place.alias,
        "domain_id": str(place.domain_id),
        "domain_host": place.host,
        "domain_nickname": place.nickname,
        "project_id": str(link.project_id),
        "project_name": project_name,
        "short_url": place.short_url,
        "long_url": link.long_url,
        "notes": link.notes,
        "tags": link.tags,
    }


def _check_alias(alias: str) -> None:
    # Two of them mean another place in every URL.
    if ALIAS.fullmatch(alias) is None or alias in {".", ".."}:
        raise InvalidValue("alias", "has other characters than letters, digits and -._~: use these")
