"""Deliveries that survive: a durable queue, attempts, retries, and the log of it all."""
