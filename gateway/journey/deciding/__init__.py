"""From what the rules say to what becomes of a request: an answer, a question, or people."""
