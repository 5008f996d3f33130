"""What tickets teach about the FAQ: how entries fare, what is missing, what was solved once."""
