"""Serve a desk for the benchmark: `python benchmarks/desk_server.py ROOT PORT DATABASE`.

Everything is the desk's own but for who somebody is: a header says it, since there is no hub beside it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from singmuk.desk import settings as configuration
from singmuk.desk.app import create
from singmuk.desk.run import Door, quiet
from tests.desks import Named


def main() -> None:
    """Serve until stopped."""
    root, port, database = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.environ.setdefault("SINGMUK_DESK_LOG", "WARNING")
    quiet()
    changes = {"port": port, "database": database, "saves_per_minute": 6000}
    found = configuration.read(root, {}).model_copy(update=changes)
    uvicorn.run(
        create(found, Named()), host="127.0.0.1", port=port, http=Door, ws="none", log_config=None, access_log=False,
        server_header=False, limit_concurrency=2_000,
    )  # fmt: skip


if __name__ == "__main__":
    main()
