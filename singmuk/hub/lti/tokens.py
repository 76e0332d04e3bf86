"""Whether a token is the LMS's own, for us, and of this moment."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import jwt
from cachetools import TTLCache
from jwt.exceptions import InvalidSubjectError, PyJWKClientConnectionError
from ltiauthenticator.lti13.error import InvalidAudienceError, TokenError, ValidationError
from ltiauthenticator.lti13.validator import LTI13LaunchValidator

from singmuk.hub.lti.launch import CLAIM, Claims, RefusedError, claims
from singmuk.hub.lti.settings import Lti

#: Bytes of a token; one with every claim of LTI has some five thousand.
LARGEST = 32 * 1024
#: The one way of signing that LTI's security framework asks of everybody. Never `none`, never a shared secret.
ALGORITHMS = ["RS256"]
#: Seconds after which a token is too old to begin with, whatever it says of itself.
OLDEST = 600
#: Seconds for the LMS to show its keys, and after a failure before it is asked again.
PATIENCE, PAUSE = 5.0, 10.0
#: Launches that are remembered, so that none counts twice; far more than ten minutes bring.
REMEMBERED = 50_000


class Tokens:
    """Verifies tokens with the LMS's public keys, which are fetched when needed and kept for five minutes.

    The library's own check fetches the keys anew for each launch and lets the whole hub wait for the answer.
    """

    def __init__(self, settings: Lti) -> None:
        self._settings = settings
        self._keys = jwt.PyJWKClient(settings.keyset_url, lifespan=300, timeout=PATIENCE)
        self._validator = LTI13LaunchValidator(time_leeway=settings.leeway, max_age=OLDEST)
        self._used: TTLCache[str, bool] = TTLCache(REMEMBERED, OLDEST + 2 * settings.leeway + 60)
        self._asking = asyncio.Lock()
        self._failed = -PAUSE

    async def verified(self, token: str, nonce: str) -> Claims:
        """Return the claims of the *token* that answers *nonce*, and never again; raise `RefusedError`."""
        if len(token) > LARGEST:
            raise RefusedError("large")
        found = self._decoded(token, await self._key(token))
        # The library would go on to choosing content, and then lead on as if the course had been opened.
        if found.get(f"{CLAIM}message_type") != "LtiResourceLinkRequest":
            raise RefusedError("message", str(found.get(f"{CLAIM}message_type"))[:60])
        try:
            self._validator.validate_id_token(found)
            self._validator.validate_azp_claim(found, self._settings.client_ids)
        except InvalidAudienceError as fault:
            raise RefusedError("client", str(fault)) from fault
        except TokenError as fault:
            raise RefusedError("time", str(fault)) from fault
        except ValidationError as fault:
            raise RefusedError("form", str(fault)) from fault
        except (TypeError, AttributeError) as fault:
            raise RefusedError("form", str(fault)) from fault
        held = claims(found)
        if held.nonce != nonce:
            raise RefusedError("state", "nonce")
        if held.nonce in self._used:
            raise RefusedError("used")
        self._used[held.nonce] = True
        return held

    async def _key(self, token: str) -> Any:
        """Return the LMS's public key that the *token* names; nothing is fetched for a token of another form."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as fault:
            raise RefusedError("signature", "header") from fault
        name = header.get("kid")
        if header.get("alg") not in ALGORITHMS or not isinstance(name, str) or len(name) > 255:
            raise RefusedError("signature", "alg or kid")
        async with self._asking:
            if time.monotonic() - self._failed < PAUSE:
                raise RefusedError("keys")
            try:
                return (await asyncio.to_thread(self._keys.get_signing_key, name)).key
            except PyJWKClientConnectionError as fault:
                self._failed = time.monotonic()
                raise RefusedError("keys", str(fault)) from fault
            except (jwt.PyJWTError, ValueError) as fault:
                raise RefusedError("signature", "unknown key") from fault

    def _decoded(self, token: str, key: Any) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.client_ids,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway,
                options={"require": ["exp", "iat", "iss", "aud", "nonce"]},
            )
        except jwt.InvalidAudienceError as fault:
            raise RefusedError("client", "aud") from fault
        except jwt.InvalidIssuerError as fault:
            raise RefusedError("issuer") from fault
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as fault:
            raise RefusedError("time", type(fault).__name__) from fault
        except (jwt.MissingRequiredClaimError, InvalidSubjectError) as fault:
            raise RefusedError("form", str(fault)) from fault
        except jwt.PyJWTError as fault:
            raise RefusedError("signature", type(fault).__name__) from fault
