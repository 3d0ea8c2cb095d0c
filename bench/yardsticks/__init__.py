"""What we measure ourselves by. Frozen: they stay as they are when our own products move."""
