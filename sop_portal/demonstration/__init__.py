"""The demonstration company: its data, how its dates move, who signs in."""
