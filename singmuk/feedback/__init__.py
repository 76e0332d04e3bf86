"""Feedback: a page for each participant, made of points, responses and scenarios, and of no notebook."""
