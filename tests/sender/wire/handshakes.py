"""TLS, and what becomes of it."""

from .row import secure, silent, success
from .servers import EMPTY, cut_off, deaf, no_goodbye, plain, say

TLS = (
    success(
        "TLS",
        say(EMPTY),
        "so that the failures below mean something",
        scheme="https",
        certificate="127.0.0.1",
    ),
    success(
        "no close_notify",
        no_goodbye,
        "many servers hang up without it",
        scheme="https",
        certificate="127.0.0.1",
        body=b"hi",
    ),
    secure(
        "an unknown authority",
        say(EMPTY),
        "nobody vouches for it, and nothing is sent",
        certificate="127.0.0.1",
        trusted=False,
    ),
    secure(
        "another host's certificate",
        say(EMPTY),
        "a trusted one for another name is not this host's",
        certificate="other.example",
    ),
    secure("plain HTTP on a TLS port", plain, "there is no handshake"),
    secure("cut off in the handshake", cut_off, "a close before TLS stands"),
    silent("silent in the handshake", deaf, "not a word of TLS", scheme="https", requests=0),
)
