"""The fast path into nbgrader's gradebook: validated responses in, points, comments and graded notebooks out."""
