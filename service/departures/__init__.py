"""Who leaves, when, and which accounts are theirs."""
