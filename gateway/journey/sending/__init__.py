"""What became of an attempt to send, and when the next one is."""
