"""Generated companies with a known truth, to see what the rules make of what their reps say."""
