"""The trainer's room: what a trainer does, as functions, as a web service for this machine alone, and as jobs."""
