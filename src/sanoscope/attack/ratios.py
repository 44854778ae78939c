"""What a rounded ratio, share or mean says of the whole numbers it was made of."""

import math

SLACK = 1e-9


def numerators(shown: float, *, decimals: int, scale: float, low: int, high: int) -> tuple[int, int] | None:
    """Return the least and greatest numerator that give a rounded ratio, for a denominator between bounds.

    Args:
        shown: scale · numerator ÷ denominator, rounded.
        decimals: digits shown after the point.
        scale: 100 for a percentage, 1 for a mean.
        low, high: bounds of the denominator.

    Returns:
        Bounds (of all denominators together), or None if no whole number gives that ratio.

    >>> numerators(0.8, decimals=1, scale=100, low=500, high=500)
    (4, 4)
    """
    half = 0.5 * 10**-decimals
    least = math.ceil(max(0.0, shown - half) * low / scale - SLACK)
    greatest = math.floor((shown + half) * high / scale + SLACK)
    return (least, greatest) if least <= greatest else None


def denominators(shown: float, *, decimals: int, scale: float, low: int, high: int) -> tuple[int, ...]:
    """Return the denominators between bounds, 1 or more, for which some whole numerator gives a rounded ratio.

    >>> denominators(2.14, decimals=2, scale=1, low=1, high=10)
    (7,)
    """
    candidates = range(max(1, low), high + 1)
    return tuple(n for n in candidates if numerators(shown, decimals=decimals, scale=scale, low=n, high=n) is not None)
