"""How near entries come to a question: by words, parts of words, and what was learned."""
