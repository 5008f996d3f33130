"""The FAQ: entries, the matcher that ranks them, and the confidence that keeps it shy."""
