"""The platform without an operator: from a drop folder to a published edition, alone, again and again."""
