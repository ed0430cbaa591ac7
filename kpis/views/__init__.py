"""The pages everybody looks at together."""
