"""The desk: the small web service that takes a participant from the book to the assignment and its feedback."""
