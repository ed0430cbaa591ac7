"""Reads of meetings, decisions, actions and the agreement."""
