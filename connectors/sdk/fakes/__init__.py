"""What fakes of target systems are built on. Standard library only; loaded by name, never by the service."""
