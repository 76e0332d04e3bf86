"""The fast path into nbgrader's gradebook: validated responses in, points, comments and graded notebooks out."""

import importlib
import sys

# nbgrader loads jsonschema, which loads a checker of international addresses, which compiles 39 grammars: a third
# of the time that grading takes to start. No schema of a notebook has such an address; jsonschema does without.
if "jsonschema" not in sys.modules and "rfc3987_syntax" not in sys.modules:
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    importlib.import_module("jsonschema")
    del sys.modules["rfc3987_syntax"]
