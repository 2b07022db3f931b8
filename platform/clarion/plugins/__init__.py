"""Plugins: found, switched on, asked through guards. What they may bring stands in `hookspecs`."""
