"""The journey of a message: one use case per file, each load, plan (pure), apply."""
