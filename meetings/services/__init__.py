"""Writes around meetings: the cadence, what is decided and agreed, what is published and who is told."""
