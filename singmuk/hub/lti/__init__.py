"""Signing in from an LMS (LTI 1.3): who clicks a link in their course is known here by a name that says nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from singmuk.hub.lti.settings import Lti, LtiError, read

__all__ = ["Lti", "LtiError", "configure_lti", "read"]


def configure_lti(c: Any, file: str | Path, environment: Mapping[str, str] | None = None) -> Lti:
    """Let people into the hub of the configuration *c* by their LMS alone, as the *file* says; return its settings.

    To be called after everything else: it takes the groups out of the hub's own configuration, because a hub
    refuses to start when both its configuration and its sign-in decide on them. Roles may name the groups.
    Ends the hub with every fault of the file, a line each.
    """
    from jupyterhub import log  # noqa: PLC0415  (whoever only checks a file needs no hub)

    try:
        settings = read(Path(file), environment)
    except LtiError as fault:
        sys.exit(str(fault))
    c.JupyterHub.authenticator_class = "singmuk.hub.lti.authenticator.LtiAuthenticator"
    c.LtiAuthenticator.lti = settings
    # The library's names for the same, for whoever looks at the hub's configuration.
    c.LTI13Authenticator.issuer = settings.issuer
    c.LTI13Authenticator.authorize_url = settings.authorize_url
    c.LTI13Authenticator.jwks_endpoint = settings.keyset_url
    c.LTI13Authenticator.client_id = set(settings.client_ids)
    c.LTI13Authenticator.username_key = "sub"
    # A launch says who may what, every time anew: the last one counts.
    c.Authenticator.manage_groups = True
    c.JupyterHub.load_groups = {}
    # The LMS's numbers for people stay out of the hub's log, where it writes addresses.
    log.SCRUB_PARAM_KEYS = tuple(dict.fromkeys([*log.SCRUB_PARAM_KEYS, "login_hint", "lti_message_hint", "nonce"]))
    # There is no form to fill in: whoever is not signed in reads where to begin.
    c.Authenticator.auto_login = True
    # Each launch is let in or refused by what it says; nobody by a list, and nobody by default.
    c.Authenticator.allow_all = False
    c.Authenticator.allowed_users = set()
    c.Authenticator.enable_auth_state = False
    return settings
