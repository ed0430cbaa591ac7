"""Reads of capacity, stock, the answer of operations and its gaps."""
