"""Hosting, proved on real hubs."""
