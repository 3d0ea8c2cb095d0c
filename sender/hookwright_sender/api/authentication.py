"""Who asks: an API key in `Authorization: Bearer ...` (RFC 6750)."""

from collections import OrderedDict
from hashlib import sha256

from starlette.requests import Request

from hookwright_sender.api.limits import CALLERS, Buckets, Gate
from hookwright_sender.api.problems import UNAUTHENTICATED, Problem
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.platform.principal import Principal

REALM = 'Bearer realm="hookwright"'
# Far more than a key has; what is longer is not worth a look-up.
MAX_KEY = 200
# Accounts have ids that are greater.
NOBODY = 0


class Authenticator:
    """Tells whose a request's key is. Keys are compared by their digests, in the database.

    An address that fails often gets no more look-ups for a while, but for keys that it was right
    with before: others may share it.
    """

    def __init__(self, accounts: Accounts, gate: Gate, failures: Buckets) -> None:
        self._accounts = accounts
        self._gate = gate
        self._failures = failures
        self._known: OrderedDict[bytes, None] = OrderedDict()

    async def principal(self, request: Request) -> Principal:
        """Return whom a request is from; raises a 401, or a 429 after too many of them."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise _unauthenticated(REALM, "send an API key as `authorization: Bearer KEY`")
        address = request.client.host if request.client else ""
        digest = sha256(key.encode()).digest()
        if digest not in self._known:
            self._failures.check(address)
        principal = None
        if len(key) <= MAX_KEY and key.isascii():
            async with self._gate.entered(NOBODY):
                principal = await self._gate.run(NOBODY, self._accounts.authenticate, key)
        self._remember(digest, known=principal is not None)
        if principal is None:
            self._failures.take(address)
            raise _unauthenticated(
                f'{REALM}, error="invalid_token"',
                "the API key is unknown, or was revoked: use another one",
            )
        return principal

    def _remember(self, digest: bytes, *, known: bool) -> None:
        self._known.pop(digest, None)
        if known:
            self._known[digest] = None
            if len(self._known) > CALLERS:
                self._known.popitem(last=False)


def _unauthenticated(challenge: str, detail: str) -> Problem:
    return Problem(UNAUTHENTICATED, detail, headers={"www-authenticate": challenge})
