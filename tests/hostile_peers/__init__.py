"""Attacks on a node, by class, and legitimate behaviour that looks near them. See README.md."""
