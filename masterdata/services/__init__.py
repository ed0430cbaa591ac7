"""Writes to master data: imports, people, keys."""
