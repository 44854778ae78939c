"""What can be asked: fields and restitutions, as declarative files."""
