"""A small relational plan and the engines that run it. Knows nothing of hospitals."""
