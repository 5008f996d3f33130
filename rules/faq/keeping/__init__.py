"""What was learned, kept in a folder for the next start."""
