"""Pages of the cycle, its meetings, decisions, actions and the agreement, one module per page."""
