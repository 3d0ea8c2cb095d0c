"""Reporters: each turns the report of a run into something to look at."""
