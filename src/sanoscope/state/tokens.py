"""What the state keeps of a token that is drawn at random: keys of the API, links of mails."""

import hashlib


def fingerprint(token: str) -> str:
    """Return what is kept of a token; it is drawn at random, so its SHA-256 needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
