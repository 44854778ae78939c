"""What the API gives at most, in one place: published at `/api/v1/config`, and read by whoever enforces it."""

from __future__ import annotations

PAGE_LARGEST = 10_000
"""Rows of one page."""

LOT_LARGEST = 20
"""Questions of one batch."""

EXTRACTION_LARGEST = 500
"""Questions of one extraction."""

EXTRACTION_KEPT = 24
"""Hours a finished extraction is kept."""

ADDRESS_LARGEST = 16 * 1024
"""Bytes of an address: 500 establishments named one by one are 10 kB."""
