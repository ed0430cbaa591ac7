"""Writes to forecasts, layers and what people know about them."""
