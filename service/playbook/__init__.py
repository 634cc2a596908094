"""Playbooks: model, loading with places, linting, planning."""
