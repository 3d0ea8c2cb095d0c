"""Signatures, against the reference library for JavaScript, in both directions."""

import json
import time

from hookwright_sender import Signer
from tests import judges, secrets_table

BODIES = [
    ("{}", "what is small"),
    ('{"name":"Zoë","emoji":"\U0001f600"}', "letters beyond ASCII, and beyond 16 bits"),
    ('{"a":"\\u0000\\ud800"}', "escapes that JavaScript's strings would take"),
    (" \r\n\t{}\n", "bytes are signed, white space is some of them"),
    (f'"{"x" * 100_000}"', "what is large"),
]


def test_the_library_for_javascript_signs_as_we_do_and_takes_what_we_sign():
    """Every secret that can be typed with its prefix, each body; and none that was changed."""
    now = int(time.time())
    secrets = [
        text.strip() for text, _key, _why in secrets_table.KEYS if text.strip().startswith("whsec_")
    ]
    asked, expected = [], []
    for secret in secrets:
        for body, _why in BODIES:
            signature = Signer([secret]).sign("msg_1", now, body.encode())
            for sent, refused in ((body, None), (body + " ", "No matching signature found")):
                asked.append(
                    {
                        "secret": secret,
                        "id": "msg_1",
                        "timestamp": now,
                        "body": sent,
                        "headers": {
                            "webhook-id": "msg_1",
                            "webhook-timestamp": str(now),
                            "webhook-signature": signature,
                        },
                    }
                )
                ours = Signer([secret]).sign("msg_1", now, sent.encode())
                expected.append({"signed": ours, "refused": refused})
    assert len(expected) >= 2 * len(BODIES)
    assert judges.ask("signatures.js", asked) == expected


def test_the_versions_are_pinned():
    """The lock file is of what is asked for, and names no place to fetch it from."""
    asked, locked = (
        json.loads((judges.HERE / name).read_text("utf-8"))
        for name in ("package.json", "package-lock.json")
    )
    assert locked["packages"][""]["dependencies"] == asked["dependencies"]
    for name, version in asked["dependencies"].items():
        assert locked["packages"][f"node_modules/{name}"]["version"] == version
    assert not [package for package in locked["packages"].values() if "resolved" in package]
