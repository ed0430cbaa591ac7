"""Reads that every floor may use."""
