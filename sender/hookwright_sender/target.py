"""The URL of a webhook, as far as one can judge it without a look-up."""

from functools import lru_cache

from yarl import URL

from hookwright_sender.errors import InvalidURL

SCHEMES = ("http", "https")


@lru_cache(maxsize=1024)
def parse_target(url: str) -> URL:
    """Return the URL ready to dial, or raise `InvalidURL` with the reason.

    Refused: another scheme than http and https, no host, `user:password@`, a port that is none,
    white space and control characters (parsers drop some of them without a word).
    """
    if any(character <= " " or character == "\x7f" for character in url):
        raise InvalidURL(url, "it contains white space or a control character")
    try:
        target = URL(url)
        host, port = target.host, target.port
    except ValueError as error:
        raise InvalidURL(url, str(error).partition("\n")[0].rstrip(".")) from None
    if target.scheme not in SCHEMES:
        raise InvalidURL(url, "it does not start with http:// or https://")
    if target.raw_user is not None or target.raw_password is not None:
        raise InvalidURL(url, "it carries a user name or a password")
    if not host:
        raise InvalidURL(url, "it names no host")
    if not port:
        raise InvalidURL(url, "its port is not one between 1 and 65535")
    return target
