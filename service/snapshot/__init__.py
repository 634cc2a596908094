"""What the leaver did with customer data: collected, sealed, judged."""
