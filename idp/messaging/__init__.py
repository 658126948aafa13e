"""Reaching people: addresses as types, message texts, and the gateways that carry them.

Imports `models` and what everybody may import.
"""
