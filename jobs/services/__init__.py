"""Writes to jobs and messages: `work` (queue, claim, finish) and `messages` (queue, claim, send)."""
