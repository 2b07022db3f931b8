"""The site that the tests of faults use."""

from faults.conftest import stage, whole_stage

__all__ = ["stage", "whole_stage"]
