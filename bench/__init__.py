"""Benchmarks: each measures ours against a peer in the same run, and prints one JSON line."""
