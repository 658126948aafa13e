"""Every event of access and change, and the one way to record it: in the transaction of the change itself.

Imports `models` and what everybody may import; never a request.
"""

from idp.audit.events import Event
from idp.audit.record import errand_is, origin_is, record

__all__ = ["Event", "errand_is", "origin_is", "record"]
