from tests.unit.intake.hr import door, keys, secrets

__all__ = ["door", "keys", "secrets"]
