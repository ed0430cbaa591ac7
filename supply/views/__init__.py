"""Pages of supply, one module per page."""
