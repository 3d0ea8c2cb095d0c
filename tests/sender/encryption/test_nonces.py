"""Nonces: none is given twice, whoever asks."""

import os
import threading

from hookwright_sender.encryption.envelope import NONCE_BYTES
from hookwright_sender.encryption.nonces import AT_ONCE, Nonces


def test_none_is_given_twice():
    """Over several looks at the source, and by several threads at once."""
    nonces, made = Nonces(), []

    def take():
        made.extend([nonces() for _ in range(3 * AT_ONCE)])

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(made) == 12 * AT_ONCE
    assert {len(nonce) for nonce in made} == {NONCE_BYTES}


def test_a_fork_takes_none_of_its_parents():
    """What the parent has made in advance is left to it."""
    nonces = Nonces()
    nonces()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"".join(nonces() for _ in range(AT_ONCE)))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    taken = {theirs[at : at + NONCE_BYTES] for at in range(0, len(theirs), NONCE_BYTES)}
    assert len(taken) == AT_ONCE
    assert taken.isdisjoint(nonces() for _ in range(AT_ONCE))
