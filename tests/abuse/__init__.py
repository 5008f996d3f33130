"""What strangers may try on a running desk, and what must come of it."""
