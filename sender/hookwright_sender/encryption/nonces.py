"""Random nonces, many at a time: each look at the system's source gives the interpreter away."""

import os
from collections import deque
from collections.abc import Callable
from weakref import WeakSet

from hookwright_sender.encryption.envelope import NONCE_BYTES

AT_ONCE = 256


class Nonces:
    """Makes nonces, of which none is used twice: not by two threads, and not after a fork."""

    __slots__ = ("__weakref__", "_made", "_randbytes")

    def __init__(self, randbytes: Callable[[int], bytes] = os.urandom) -> None:
        self._randbytes = randbytes
        self._made: deque[bytes] = deque()
        _ALL.add(self)

    def __call__(self) -> bytes:
        """Return a nonce that nobody else gets."""
        while True:
            try:
                # One thread alone can take it.
                return self._made.pop()
            except IndexError:
                fresh = self._randbytes(NONCE_BYTES * AT_ONCE)
                self._made.extend(
                    fresh[at : at + NONCE_BYTES] for at in range(0, len(fresh), NONCE_BYTES)
                )

    def forget(self) -> None:
        """Drop those that were made in advance."""
        self._made.clear()


_ALL: WeakSet[Nonces] = WeakSet()


def _forget_all() -> None:
    for nonces in _ALL:
        nonces.forget()


# What the parent has made in advance is the parent's.
os.register_at_fork(after_in_child=_forget_all)
