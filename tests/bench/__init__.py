"""The product beside bare references, on the same machine, in the same run."""
