"""Encryption at rest: a ring of keys, envelopes that name theirs, and masks for known secrets."""
