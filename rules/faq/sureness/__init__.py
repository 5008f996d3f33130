"""How sure a best entry is the right one: signs, trials of the FAQ, and what became of answers."""
