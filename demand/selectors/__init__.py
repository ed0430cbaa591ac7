"""Reads of lines, history and forecasts."""
