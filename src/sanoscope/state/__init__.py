"""The state of a workspace: what readers leave there, in SQLite or PostgreSQL, and how it is brought up to date."""
