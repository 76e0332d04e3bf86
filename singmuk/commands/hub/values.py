"""The command that checks the values for Kubernetes: `singmuk hub values`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--check", is_flag=True, help="Said for clarity: there is nothing else that this does.")
@click.option(
    "--schema",
    type=FILE,
    envvar="SINGMUK_CHART_SCHEMA",
    help="values.schema.json of the chart; names outside hub.config are only known with it.",
)
def values(files: tuple[Path, ...], schema: Path | None, *, check: bool) -> None:  # noqa: ARG001
    """Check FILES, the values for the Helm chart of JupyterHub, a later one over an earlier one, as Helm reads them.

    It names settings that the hub does not have or would refuse, services and roles that do not fit together,
    quantities in units that nobody reads, and secrets that stand in the file.

    \\b
    Example:
        singmuk hub values --check hub/kubernetes/values.yaml
        helm pull jupyterhub --repo https://hub.jupyter.org/helm-chart/ --version 4.4.0 --untar
        singmuk hub values --check values.yaml ours.yaml --schema jupyterhub/values.schema.json
    """
    from singmuk.hub.kubernetes import chart  # noqa: PLC0415  (the other commands need no hub)
    from singmuk.hub.kubernetes.check import check as faults_in  # noqa: PLC0415

    try:
        found = faults_in(files, chart.read(schema) if schema else None)
    except chart.SchemaError as fault:
        raise click.ClickException(str(fault)) from fault
    except ModuleNotFoundError as fault:
        advice = "pip install 'singmuk[hub]' brings the hub whose settings are checked"
        raise click.ClickException(f"{fault.name} is not installed; {advice}") from fault
    for one in found:
        click.echo(one)
    if not schema:
        click.echo("Not held against the chart's schema: name it with --schema (see --help).", err=True)
    if not found:
        click.echo("All good.")
    sys.exit(bool(found))
