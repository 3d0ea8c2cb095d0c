"""Reporters: each turns the events of a run, or the report at its end, into something to look at."""
