"""What stands under hub.config, held against the classes that the hub will read it with.

The chart's schema lets anything through there, and the hub itself only logs a name that it does not know.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from singmuk.faults import Fault
from singmuk.hub.kubernetes.chart import unknown
from singmuk.hub.kubernetes.files import Values

#: KubeSpawner's own settings, with the kinds of value that each takes; it is installed in the cluster and not here.
#: `python -m singmuk.hub.kubernetes.traits` writes the file where jupyterhub-kubespawner is installed.
SPAWNER = Path(__file__).with_name("kubespawner.json")
#: A value of each kind that YAML has.
KINDS: dict[str, Any] = {
    "true or false": True, "a number": 7, "a text": "a", "a list": [], "a group of fields": {}, "nothing": None,
}  # fmt: skip


@cache
def classes() -> dict[str, Any]:
    """Return the classes that may stand under hub.config, by name; None for KubeSpawner, which is a file."""
    from jupyterhub.app import JupyterHub  # noqa: PLC0415  (slow, and an extra of its own)
    from jupyterhub.auth import Authenticator  # noqa: PLC0415
    from jupyterhub.crypto import CryptKeeper  # noqa: PLC0415
    from jupyterhub.proxy import ConfigurableHTTPProxy  # noqa: PLC0415
    from jupyterhub.spawner import Spawner  # noqa: PLC0415

    found: dict[str, Any] = {"KubeSpawner": None}
    for one in (JupyterHub, Authenticator, CryptKeeper, ConfigurableHTTPProxy, Spawner, *_authenticators()):
        found |= {cls.__name__: cls for cls in one.__mro__ if hasattr(cls, "class_traits")}
    return found


def _authenticators() -> Iterator[Any]:
    for point in entry_points(group="jupyterhub.authenticators"):
        try:
            yield point.load()
        except Exception:  # one that needs another library is not there, as for the hub
            continue


def faults(values: Values) -> Iterator[Fault]:
    """Yield names under hub.config that no class has, and values that it would refuse."""
    known = classes()
    config = values.group("hub", "config")
    chosen = values.get("hub", "config", "JupyterHub", "authenticator_class")
    for name, fields in config.items():
        place = ("hub", "config", name)
        if name not in known:
            if name != str(chosen).rpartition(".")[2]:  # somebody's own class, which is in their image
                yield values.at(place, unknown(name, sorted(known), "the hub has no such class"))
        elif not isinstance(fields, dict):
            yield values.at(place, "must be a group of fields; write the settings below it, indented")
        else:
            for field, value in fields.items():
                message = spawner(field, value) if known[name] is None else _fault(known[name], field, value)
                if message:
                    yield values.at((*place, field), message)
    yield from _groups(values, config)
    yield from _profiles(values)


def _fault(cls: Any, name: str, value: Any) -> str | None:
    """Return why *cls* would not take *value* as its setting *name*, None when it would."""
    from traitlets import HasTraits, TraitError  # noqa: PLC0415

    traits = cls.class_traits(config=True)
    if name not in traits:
        return unknown(name, sorted(traits), f"{cls.__name__} has no such setting")
    holder = type("Holder", (HasTraits,), {"value": copy.copy(traits[name])})()
    try:
        holder.value = value
    except (TraitError, ValueError, TypeError) as fault:
        said = " ".join(str(fault).split()).replace("The 'value' trait of a Holder instance", f"{cls.__name__}.{name}")
        return f"{said[:300]}; write it so"
    return None


def spawner(name: str, value: Any) -> str | None:
    """Return why KubeSpawner would not take *value* as its setting *name*, None when it would."""
    from jupyterhub.spawner import Spawner  # noqa: PLC0415

    told = json.loads(SPAWNER.read_text(encoding="utf-8"))
    own: dict[str, list[str]] = told["settings"]
    if name not in own:
        inherited = Spawner.class_traits(config=True)
        if name in inherited:
            return _fault(Spawner, name, value)
        return unknown(name, sorted({*own, *inherited}), "KubeSpawner has no such setting")
    kind = kind_of(value)
    if kind in own[name]:
        return None
    if not own[name]:
        return f"must be a function of Python, got {kind}; set it in hub.extraConfig"
    return f"must be {' or '.join(own[name])}, got {kind}; write it so"


def kind_of(value: Any) -> str:
    """Return which of the `KINDS` a *value* from YAML is."""
    for kind, sample in KINDS.items():
        same = isinstance(value, bool) == isinstance(sample, bool)
        if same and isinstance(value, (int, float) if kind == "a number" else type(sample)):
            return kind
    return "nothing"


#: What the sign-in's state holds beside what it says of somebody; ours is set by the roster.
STATE = ("access_token", "refresh_token", "id_token", "scope", "token_response", "oauth_user", "singmuk_groups")


def _groups(values: Values, config: dict[str, Any]) -> Iterator[Fault]:
    """Yield settings of groups that do nothing, or stop the hub, without another one."""
    for name, fields in config.items():
        if not isinstance(fields, dict) or not name.endswith("OAuthenticator"):
            continue
        around = {field: one for cls in config.values() if isinstance(cls, dict) for field, one in cls.items()}
        needy = [one for one in ("allowed_groups", "admin_groups", "auth_state_groups_key") if fields.get(one)]
        if needy and around.get("manage_groups") is not True:
            yield values.at(("hub", "config", name, needy[0]), "stops the hub without manage_groups; set that to true")
        key = fields.get("auth_state_groups_key")
        if isinstance(key, str) and key.partition(".")[0] not in STATE:
            yield values.at(
                ("hub", "config", name, "auth_state_groups_key"),
                f"{key!r} is nowhere in the sign-in's state, so nobody is in a group; write oauth_user.{key}",
            )


#: Fields of a profile, as KubeSpawner's reference has them.
PROFILE = ("display_name", "description", "default", "slug", "kubespawner_override", "profile_options")


def _profiles(values: Values) -> Iterator[Fault]:
    """Yield fields of profiles that KubeSpawner does not know."""
    profiles = values.get("singleuser", "profileList")
    for number, profile in enumerate(profiles if isinstance(profiles, list) else []):
        place = ("singleuser", "profileList", number)
        if not isinstance(profile, dict):
            yield values.at(place, "must be a group of fields; write display_name and kubespawner_override below it")
            continue
        if "display_name" not in profile:
            yield values.at(place, "has no display_name, and nobody could choose it; write one")
        for name in profile:
            if name not in PROFILE:
                yield values.at((*place, name), unknown(name, list(PROFILE), "a profile has no such field"))
        override = profile.get("kubespawner_override")
        for name, value in (override if isinstance(override, dict) else {}).items():
            if message := spawner(name, value):
                yield values.at((*place, "kubespawner_override", name), message)


def main() -> None:
    """Write KubeSpawner's settings to `SPAWNER`."""
    from importlib.metadata import version  # noqa: PLC0415

    SPAWNER.write_text(text(described(version("jupyterhub-kubespawner"))), encoding="utf-8")


def text(told: dict[str, Any]) -> str:
    """Return what is *told* as it stands in the file, a setting a line."""
    head = {name: value for name, value in told.items() if name != "settings"}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(kinds)}" for name, kinds in told["settings"].items())
    return f'{json.dumps(head)[:-1]},\n "settings": {{\n{lines}\n }}}}\n'


def described(version: str) -> dict[str, Any]:
    """Return the settings of the KubeSpawner that is installed, which is of *version*: name, and kinds of value."""
    from kubespawner import KubeSpawner  # type: ignore[import-not-found]  # noqa: PLC0415
    from traitlets import Enum  # noqa: PLC0415

    settings = {}
    for name, trait in sorted(KubeSpawner.class_own_traits(config=True).items()):
        taken = [kind for kind, sample in KINDS.items() if _fault(KubeSpawner, name, sample) is None]
        settings[name] = ["a text"] if isinstance(trait, Enum) else taken
    return {"jupyterhub-kubespawner": version, "settings": settings}


if __name__ == "__main__":
    main()
