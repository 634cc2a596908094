"""The first start in a checkout: makes `.venv`, fills it and goes on inside. Standard library only."""
