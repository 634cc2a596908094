"""The clock's hand: it ticks, and owns no job that must not be lost."""
