"""Where the sender may go: address rules, look-ups that obey them, and proof of a host's owner."""
