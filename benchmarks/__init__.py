"""What `make bench` runs: every figure that the documentation quotes is measured here.

Each benchmark is a module with one function ``run(*, long)`` that yields `figures.Figure` values.
Nothing in here is imported by the program.
"""
