"""Who wrote, as far as it is sure: by reply tokens, and by accounts on chat."""
