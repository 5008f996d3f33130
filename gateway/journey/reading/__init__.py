"""Reading what came: in a child that can be killed; files and names are fetched beside it."""
