"""The companies by which texts leave and come in, and what each has to be able to do."""

from .base import Accepted, Forged, Gateway, OptedOut, Received, Told

__all__ = ("Accepted", "Forged", "Gateway", "OptedOut", "Received", "Told")
