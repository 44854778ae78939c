"""``python -m sanoscope``: the command, where it is not on the path."""

from sanoscope.cli.main import app

app()
