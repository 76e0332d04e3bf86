"""Hosting on a JupyterHub: what a campaign is called there, who may what, and what a deployer is told."""
