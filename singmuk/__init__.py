"""A course kit on using generative AI safely at work: scenarios, pages, exercises, grading."""

__version__ = "0.1.0"
