"""How the parts lean on each other, and that the docs say what is there."""
