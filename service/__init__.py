"""Exeunt: access away, read back, what they took, and the proof."""
