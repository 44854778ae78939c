"""The application under load: who is let in, what it took, how it is; one process or several."""
