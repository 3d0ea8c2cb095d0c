"""When to try again, when to give up, and when to stop calling a webhook: pure functions."""
