"""What a user may import."""

import hookwright_sender


def test_the_public_names():
    """A new name is a promise; this test asks whether it is meant."""
    assert sorted(hookwright_sender.__all__) == [
        "Attempt",
        "Event",
        "HttpTransport",
        "InvalidMessageID",
        "InvalidSecret",
        "InvalidURL",
        "Message",
        "Outcome",
        "SenderError",
        "Signer",
        "Summary",
        "Transport",
        "burst",
        "deliver",
        "new_message_id",
    ]
    assert all(hasattr(hookwright_sender, name) for name in hookwright_sender.__all__)
