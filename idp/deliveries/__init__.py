"""Telling others something, surely: kept in the transaction of the change, sent after it, tried again.

`put` in a transaction; a `Sender` in every process that serves claims what is due and hands it to its kind. Knows no
kind by name: whoever starts a sender tells it which there are.
"""

from idp.deliveries.queue import Due, first_tries, put, put_for_each
from idp.deliveries.sender import Kind, NotDelivered, Sender

__all__ = ["Due", "Kind", "NotDelivered", "Sender", "first_tries", "put", "put_for_each"]
