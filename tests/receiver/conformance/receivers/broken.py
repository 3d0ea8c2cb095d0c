"""Receivers that are wrong in one way each, and the cases that must say so."""

from . import (
    broken_concurrency,
    broken_content_types,
    broken_crosscutting,
    broken_deduplication,
    broken_encodings,
    broken_generated,
    broken_http_framing,
    broken_json_text,
    broken_payloads,
    broken_requests,
    broken_signatures,
    broken_slow_clients,
    broken_tokens,
)
from .declare import BROKEN, Broken

# Each module adds its receivers to the list when it is imported.
MODULES = (
    broken_concurrency,
    broken_content_types,
    broken_crosscutting,
    broken_deduplication,
    broken_encodings,
    broken_generated,
    broken_http_framing,
    broken_json_text,
    broken_payloads,
    broken_requests,
    broken_signatures,
    broken_slow_clients,
    broken_tokens,
)

__all__ = ["BROKEN", "MODULES", "Broken"]
