"""What the sender is measured against, each a program of its own, so that it can have a core."""
