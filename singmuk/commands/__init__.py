"""Commands that are too long for the command line's own file."""
