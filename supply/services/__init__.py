"""Writes to the supply plan, its gaps, capacity and signature."""
