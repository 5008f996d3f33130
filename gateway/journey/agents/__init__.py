"""What agents say and press: their words, wherever they say them, and what must stay inside."""
