"""What the egress policy says about URLs, addresses and its own settings."""

from ipaddress import ip_address

import pytest
from yarl import URL

from hookwright_schemas import HookwrightError
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL, InvalidEntry

STRICT = EgressPolicy()
LOOSE = EgressPolicy.parse(["127.0.0.0/8", "::1"], ["8443", " 8080 "], allow_http=True)

REFUSED = [
    ("http://hooks.example/", "scheme", "not encrypted"),
    ("ftp://hooks.example/", "scheme", "not even HTTP"),
    ("https://user:pw@hooks.example/", "user_info", "a password in a URL ends up in logs"),
    ("https://user@hooks.example/", "user_info", "a user alone, too"),
    ("https://hooks.example:22/", "port", "not the port of a web server"),
    ("https://hooks.example:8443/", "port", "not unless it is allowed"),
    ("https://0x7f.1/", "address", "getaddrinfo reads 127.0.0.1"),
    ("https://2130706433/", "address", "getaddrinfo reads 127.0.0.1"),
    ("https://0177.0.0.1/", "address", "getaddrinfo reads 127.0.0.1"),
    ("https://127.1/", "address", "getaddrinfo reads 127.0.0.1"),
    ("https://127.1./", "address", "with a full stop at its end, too"),
]


@pytest.mark.parametrize(("url", "code", "why"), REFUSED)
def test_a_url_that_the_policy_refuses(url, code, why):
    """One line with the remedy, and nothing of what may be secret in the URL."""
    with pytest.raises(ForbiddenURL) as caught:
        STRICT.check_url(URL(url).with_path("/secret").with_query(key="secret"))
    assert caught.value.code == code, why
    assert isinstance(caught.value, HookwrightError)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "pw" not in str(caught.value)


LITERALS = [
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://10.0.0.1/",
    "https://１２７.0.0.1/",  # noqa: RUF001  full-width digits, which IDNA makes ASCII
]


@pytest.mark.parametrize("url", LITERALS)
def test_a_host_that_is_a_forbidden_address(url):
    """No look-up is needed to refuse it."""
    with pytest.raises(ForbiddenAddress, match="HOOKWRIGHT_ALLOW_NETWORKS"):
        STRICT.check_url(URL(url))


@pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "127.0.0.1"])
def test_no_address_can_be_owned(host):
    """Where ownership is to be proven, a public address is refused like an allowed one."""
    with pytest.raises(ForbiddenURL, match="host name"):
        LOOSE.check_url(URL(f"https://{host}/"), ownership=True)


ALLOWED = [
    (STRICT, "https://hooks.example/path?query", "the ordinary one"),
    (STRICT, "https://hooks.example:80/", "an ordinary port, if an odd one for TLS"),
    (STRICT, "https://1.1.1.1/", "a public address, where nobody has to own it"),
    (STRICT, "https://hooks.example./", "a full stop at the end is no other host"),
    (LOOSE, "http://hooks.example/", "allowed"),
    (LOOSE, "http://hooks.example:8080/", "allowed"),
    (LOOSE, "https://hooks.example:8443/", "allowed"),
    (LOOSE, "https://127.0.0.1/", "in an allowed network"),
    (LOOSE, "https://[::1]/", "in an allowed network"),
    (LOOSE, "https://[::ffff:127.0.0.1]/", "dialled as 127.0.0.1, which is allowed"),
]


@pytest.mark.parametrize(("policy", "url", "why"), ALLOWED)
def test_a_url_that_the_policy_allows(policy, url, why):
    """What was named in the settings is allowed and nothing more."""
    assert policy.check_url(URL(url)) is None, why


def test_an_allowed_network_opens_itself_alone():
    """Other networks that are not public stay closed."""
    LOOSE.check_address(ip_address("127.0.0.2"))
    for address in ("10.0.0.1", "::2", "64:ff9b::7f00:1", "::7f00:1"):
        with pytest.raises(ForbiddenAddress):
            LOOSE.check_address(ip_address(address))


def test_one_forbidden_address_refuses_the_answer():
    """An answer is allowed as a whole; the error names host and address."""
    addresses = [ip_address("1.1.1.1"), ip_address("10.0.0.1")]
    with pytest.raises(ForbiddenAddress, match=r"hooks\.example at 10\.0\.0\.1") as caught:
        STRICT.check_answer("hooks.example", addresses)
    assert (caught.value.host, caught.value.address) == ("hooks.example", "10.0.0.1")
    STRICT.check_answer("hooks.example", addresses[:1])


ENTRIES = [
    (["0.0.0.0/0"], [], "no switch turns everything off"),
    (["::/0"], [], "nor for IPv6"),
    (["0.0.0.0/1"], [], "nor in halves"),
    (["128.0.0.0/1"], [], "nor in the other half"),
    (["2000::/3"], [], "everything that is assigned"),
    (["::ffff:0:0/96"], [], "all of IPv4, in other clothes"),
    (["10.0.0.1/8"], [], "bits of a host: which network is meant?"),
    (["10.0.0.0/33"], [], "no such prefix"),
    (["localhost"], [], "a name"),
    ([""], [], "nothing"),
    ([], ["0"], "no port"),
    ([], ["65536"], "no port"),
    ([], ["-1"], "no port"),
    ([], ["http"], "a name"),
    ([], ["٨٠"], "digits, but not ASCII ones"),
    ([], ["9" * 5000], "longer than Python makes an int of"),
]


@pytest.mark.parametrize(("networks", "ports", "why"), ENTRIES)
def test_an_entry_that_cannot_be_read(networks, ports, why):
    """One line that names the setting and the entry."""
    with pytest.raises(InvalidEntry, match="HOOKWRIGHT_ALLOW_") as caught:
        EgressPolicy.parse(networks, ports)
    assert len(str(caught.value)) < 300, why
    assert caught.value.exit_code == 2


def test_policies_are_values():
    """Equal settings make equal policies, which can be kept in a set."""
    assert EgressPolicy.parse(["10.0.0.0/8"]) == EgressPolicy.parse([" 10.0.0.0/8 "])
    assert len({EgressPolicy(), EgressPolicy()}) == 1
