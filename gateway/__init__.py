"""The journey of a message, everything that keeps state, and the contracts adapters fulfil."""
