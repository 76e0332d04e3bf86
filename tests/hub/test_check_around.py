"""`singmuk hub check`: mistakes beside the configuration's lines, what cannot be read, and the command itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from singmuk.hub.check import check, child, reading, rules, versions
from tests.hub import machines
from tests.hub.machines import etc, laid

__all__ = ["etc", "laid"]

ADDRESS = "c.JupyterHub.subdomain_host = ''; c.JupyterHub.cookie_host_prefix_enabled = False\n"


def named(found):
    """Return the names of the rules that found something."""
    return sorted({one.rule for one in found})


@pytest.mark.parametrize(
    ("place", "mode", "rule"),
    [
        pytest.param("etc/singmuk/hub.env", 0o640, "environment-mode", id="environment file"),
        pytest.param("etc/singmuk/jupyterhub_config.py", 0o664, "configuration-mode", id="configuration"),
        pytest.param("etc/singmuk", 0o777, "configuration-mode", id="folder of the configuration"),
        pytest.param("var/lib/singmuk/hub", 0o755, "hub-folder", id="hub's folder"),
        pytest.param("var/lib/singmuk/hub/hub.sqlite", 0o644, "database-mode", id="database"),
        pytest.param("var/lib/singmuk/hub/cookie-secret", 0o640, "cookie-secret", id="cookie's secret"),
    ],
)
def test_a_mode_that_lets_others_in_is_found(etc, place, mode, rule):
    root = etc.parents[1]
    for name in ("hub.sqlite", "cookie-secret"):
        path = root / "var" / "lib" / "singmuk" / "hub" / name
        path.write_text("ab" * 32, encoding="ascii")
        path.chmod(0o600)
    assert machines.findings(etc) == []
    (root / place).chmod(mode)
    found = machines.findings(etc)
    assert named(found) == [rule] and f"{mode:04o}" in str(found[0])


def test_a_short_cookie_secret_is_found(etc):
    path = etc.parents[1] / "var" / "lib" / "singmuk" / "hub" / "cookie-secret"
    path.write_text("abc", encoding="ascii")
    path.chmod(0o600)
    assert named(machines.findings(etc)) == ["cookie-secret"]


def test_a_python_below_a_closed_home_is_found(etc, tmp_path):
    python = tmp_path / "home" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n", encoding="ascii")
    (tmp_path / "home").chmod(0o700)
    found = machines.findings(etc, f"c.Spawner.cmd = [{str(python)!r}, '-m', 'singmuk.hub.seat']")
    assert named(found) == ["closed-python"] and str(tmp_path / "home") in str(found[0])


@pytest.mark.parametrize(
    ("file", "content", "rule"),
    [
        pytest.param(
            "labconfig/page_config.json",
            '{"disabledExtensions": {"@jupyterlab/extensionmanager-extension": true}}',
            "announcements",
            id="news",
        ),
        pytest.param("jupyter_server_config.d/x.json", '{"LabApp": {}}', "extension-manager", id="extensions"),
        pytest.param("jupyter_server_config.py", "raise RuntimeError", "formgrader-in-seats", id="formgrader"),
    ],
)
def test_what_a_seat_reads_from_files_counts(etc, tmp_path, file, content, rule):
    """A seat of somebody else's: its settings lie in a folder that its environment names, each but one closed."""
    off = "@jupyterlab/extensionmanager-extension", "@jupyterlab/apputils-extension:announcements"
    files = {
        "labconfig/page_config.json": json.dumps({"disabledExtensions": dict.fromkeys(off, True)}),
        "jupyter_server_config.d/x.json": '{"ServerApp": {"terminals_enabled": false}}',
        "jupyter_server_config.py": "c = get_config()\nc.KernelManager.transport_encryption = 'required'\n"
        "c.ServerApp.jpserver_extensions = {'nbgrader.server_extensions.formgrader': False}",
    }
    for name, text in files.items():
        path = tmp_path / "jupyter" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    planted = "c.Spawner.cmd = ['jupyterhub-singleuser']\n"
    planted += f"c.Spawner.environment['JUPYTER_CONFIG_PATH'] = '{tmp_path}/jupyter'"
    assert machines.findings(etc, planted) == []
    if rule == "extension-manager":
        content = json.dumps({"disabledExtensions": {off[1]: True}})
        (tmp_path / "jupyter" / "labconfig" / "page_config.json").write_text(content, encoding="utf-8")
    else:
        (tmp_path / "jupyter" / file).write_text(content, encoding="utf-8")
    assert rule in named(machines.findings(etc, planted))


def test_another_spawner_brings_what_it_lacks(etc):
    local = "c.JupyterHub.spawner_class = 'jupyterhub.spawner.LocalProcessSpawner'"
    assert named(machines.findings(etc, local)) == ["no-limits"]
    simple = "c.JupyterHub.spawner_class = 'simple'"
    assert named(machines.findings(etc, simple)) == ["no-limits", "shared-account"]


def test_a_sign_in_by_passwords_brings_what_it_lacks(etc):
    pam = "c.JupyterHub.authenticator_class = 'pam'"
    assert named(machines.findings(etc, pam)) == ["deleted-accounts", "password-guessing"]
    assert named(machines.findings(etc, f"{pam}\nc.Authenticator.delete_invalid_users = True")) == ["password-guessing"]


def test_a_hub_that_does_not_know_of_https_is_found(etc):
    assert named(machines.findings(etc, ADDRESS)) == ["no-https-address", "one-origin"]


def test_a_proxy_without_a_token_of_its_own_is_found(etc):
    """The machine's configuration has one; a file that says nothing of it makes one up at each start."""
    planted = "c.ConfigurableHTTPProxy.auth_token = ''"
    assert machines.findings(etc, planted) == []  # the environment has it
    assert named(machines.findings(etc, f"import os; del os.environ['CONFIGPROXY_AUTH_TOKEN']\n{planted}")) == [
        "proxy-token"
    ]


@pytest.mark.parametrize(
    ("package", "version", "ids"),
    [
        pytest.param("jupyterhub", "5.5.0", ["GHSA-c4gm-pwx9-9w8j"], id="sharing"),
        pytest.param("jupyterhub", "4.1.6", ["CVE-2026-33709", "CVE-2026-40864", "CVE-2026-54338"], id="not 41942"),
        pytest.param("jupyterhub", "5.5.4", [], id="supported line"),
        pytest.param("jupyterhub", "6.1.1", [], id="second line"),
        pytest.param("jupyterlab", "4.5.11", [], id="an older line that was mended"),
        pytest.param("jupyterlab", "4.6.1", ["CVE-2026-73415", "CVE-2026-73417", "CVE-2026-102830"], id="not mended"),
        pytest.param("jupyterhub-ltiauthenticator", "1.3.0", ["CVE-2023-25574", "CVE-2026-34052"], id="lti"),
        pytest.param("nbgrader", "0.9.4", ["CVE-2025-23205", "nbgrader #1978"], id="nbgrader"),
    ],
)
def test_a_version_with_an_advisory_is_found(laid, package, version, ids):
    config = laid / "jupyterhub_config.py"
    with machines.given(laid):
        read = child.read(config)
    read["versions"][package] = version
    found = check(reading.made(config, config.read_text(encoding="utf-8"), read))
    assert named(found) == (["advisories"] if ids else [])
    assert all(one in str(found[0]) for one in ids)
    assert "CVE-2024-41942" not in "".join(map(str, found))


def test_what_is_installed_here_has_no_advisory_and_the_list_names_its_sources():
    assert set(child.installed()) >= {"jupyterhub", "nbgrader", "jupyter_server", "nbconvert", "jupyterlab", "notebook"}
    assert {one.name for one in versions.known()} >= {"jupyterhub-ltiauthenticator", "oauthenticator"}
    for package in versions.known():
        safe = versions.Version(package.safe.split()[0])
        assert not [one.id for one in package.advisories for each in one.affects if safe in versions._range(each)]


# The command -------------------------------------------------------------------------------------------------------


def test_the_command_finds_the_machine_good_and_ends_with_0(etc):
    done = machines.command(etc, "--environment", str(etc / "hub.env"), str(etc / "jupyterhub_config.py"))
    assert (done.exit_code, done.stdout.strip()) == (0, "All good."), done.stdout + done.stderr


def test_the_command_names_all_at_once_and_ends_with_1(etc):
    config = etc / "jupyterhub_config.py"
    with config.open("a", encoding="utf-8") as file:
        file.write("c.JupyterHub.admin_access = True\nc.Authenticator.allow_al = True\nc.Spawner.cpu_limit = None\n")
    done = machines.command(etc, "--environment", str(etc / "hub.env"), str(config))
    lines = done.stdout.splitlines()
    assert done.exit_code == 1 and "2 errors, 1 warnings." in done.stderr
    assert [line.partition(":")[0] for line in lines] == ["error", "error", "warning"]
    assert f"{config}: JupyterHub.admin_access: is on" in lines[1] and lines[1].endswith("[admin-access]")
    assert "did you mean Authenticator.allow_all?" in lines[0]


def test_warnings_alone_end_with_0(etc):
    config = etc / "jupyterhub_config.py"
    with config.open("a", encoding="utf-8") as file:
        file.write("c.Spawner.cpu_limit = None\n")
    done = machines.command(etc, "--environment", str(etc / "hub.env"), str(config))
    assert done.exit_code == 0 and "[no-processor-limit]" in done.stdout


def test_the_rules_are_listed_with_their_reasons(etc):
    done = machines.command(etc, "--rules")
    assert done.exit_code == 0 and len(done.stdout.splitlines()) == len(rules())
    assert all(re.match(r"(error|warning) +[a-z-]+ +\S.*\.$", line) for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("c = get_config(\n", r":1: is not Python: '\(' was never closed; mend", id="no Python"),
        pytest.param("x = 1\nopen('/no/such/file')\n", r":2: stops with FileNotFoundError: .*; mend", id="stops"),
        pytest.param("import sys\nsys.exit(3)\n", r": ends the program \(exit code 3\)", id="ends"),
        pytest.param("import os\nos._exit(0)\n", r": ends the program that reads it; run", id="ends at once"),
        pytest.param("import os\nos.kill(os.getpid(), 9)\n", r": ends the program that reads it", id="is killed"),
        pytest.param("while True: pass\n", r": is still being read after 3 seconds; let it", id="never ends"),
    ],
)
def test_a_configuration_that_cannot_be_read_gets_an_error_and_no_traceback(etc, text, said):
    config = etc / "broken.py"
    config.write_text(text, encoding="utf-8")
    done = machines.command(etc, "--seconds", "3" if "while" in text else "60", str(config))
    assert done.exit_code == 1 and "Traceback" not in done.stderr
    assert re.search(said, done.stderr), done.stderr


def test_what_it_prints_and_starts_is_nobodys(etc, tmp_path):
    config, mark = etc / "noisy.py", tmp_path / "mark"
    starts = f"subprocess.Popen(['sh', '-c', 'echo $$ > {mark}; exec sleep 900'])"
    config.write_text(f"import subprocess, time\nprint('x' * 200_000)\n{starts}\ntime.sleep(1)\n", encoding="utf-8")
    done = machines.command(etc, str(config))
    assert "xxx" not in done.output and "JupyterHub.services" in done.stdout
    left = Path("/proc", mark.read_text(encoding="ascii").strip(), "stat")
    assert not left.exists() or left.read_text(encoding="ascii").split()[2] == "Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["none.py"], "none.py: does not exist; name the hub's configuration", id="no file"),
        pytest.param(["."], ".: does not exist; name the hub's configuration", id="a folder"),
        pytest.param(["latin.py"], "latin.py: cannot be read: it is no UTF-8 text", id="no text"),
        pytest.param(["--environment", "none.env", "a.py"], "none.env: cannot be read: no such file", id="environment"),
        pytest.param(["--environment", "odd.env", "a.py"], "odd.env:1: must be NAME=VALUE", id="odd environment"),
    ],
)
def test_a_wrong_path_is_said(etc, arguments, said):
    (etc / "a.py").write_text("c = get_config()\n", encoding="utf-8")
    (etc / "latin.py").write_bytes(b"# caf\xe9\n")
    (etc / "odd.env").write_text("A B=3\nC=1 2\n", encoding="utf-8")
    done = machines.command(etc, *[str(etc / one) if Path(one).suffix or one == "." else one for one in arguments])
    assert done.exit_code == 1 and "Traceback" not in done.stderr
    assert said.lstrip(".") in done.stderr, done.stderr
