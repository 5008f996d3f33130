"""Delivery reports: RFC 3464 and its many poor relations.

Called by `parse`. Never raises.
"""

from __future__ import annotations
