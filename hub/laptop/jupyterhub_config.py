"""The hub that `make hub` starts: for demonstration and tests only, on 127.0.0.1."""

from singmuk.hub.demo import demonstrate

demonstrate(get_config())  # noqa: F821  (JupyterHub gives it)
