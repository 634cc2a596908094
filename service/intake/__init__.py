"""Where HR systems come in: bytes are checked, understood, stored, and only then answered."""
