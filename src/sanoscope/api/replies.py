"""What replies have in common: how long they are kept."""

LASTING, BRIEF = "public, max-age=31536000, immutable", "public, max-age=300"
"""A year, in seconds; five minutes, as another edition may be published."""


def cache_control(edition: str = "") -> dict[str, str]:
    """Return the header that says how long a reply may be kept.

    Args:
        edition: the one that the question names, which never changes; "" for those that are published.
    """
    return {"Cache-Control": LASTING if edition else BRIEF}
