"""What every back end of the store promises, and what SQLite does when things go wrong."""
