"""Pages of the demand rooms, one module per page."""
