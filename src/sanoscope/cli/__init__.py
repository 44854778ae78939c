"""The command `sanoscope`."""
