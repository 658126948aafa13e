"""Hypothesis draws the same examples everywhere and keeps no diary; a slow machine is no failure."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile(
    "house", deadline=None, derandomize=True, database=None, max_examples=50
)
hypothesis.settings.load_profile("house")
