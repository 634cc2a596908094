"""Exeunt: access away, read back, what they took, and the proof."""

__version__ = "0.1.0"
