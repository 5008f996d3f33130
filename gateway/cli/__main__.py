"""``python -m gateway.cli``: the same as the command ``ventanilla``."""

from gateway.cli import main

main()
