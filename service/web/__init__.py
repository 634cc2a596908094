"""The pages for HR, IT and auditors, and their facts as JSON and CSV. Knows the desk, and no other door."""
