"""Statistical disclosure control on plain numbers. Knows nothing of hospitals."""
