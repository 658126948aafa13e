"""What stops a run."""

from __future__ import annotations


class BenchError(Exception):
    """Something did not go as it should, so that a figure would be worth nothing."""
