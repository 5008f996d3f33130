"""Words for people: shipped, overridden, rendered, understood."""
