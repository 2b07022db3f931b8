"""`python -m bench.serve TARGET PORT [--factory]`: any WSGI app on the product's own server settings.

The product and the references are served by the same lines, so no setting can favour one of them.
"""

from __future__ import annotations

import signal
import sys

from clarion.processes import _serve
from clarion.settings import load_settings
from clarion.supervisor import die_with_parent

if __name__ == "__main__":
    die_with_parent(signal.SIGTERM)
    settings = load_settings()
    _serve(sys.argv[1], settings, int(sys.argv[2]), settings.web.processes, factory="--factory" in sys.argv)
