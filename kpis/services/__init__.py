"""Taking measures when a month closes."""
