"""The WSGI entry of the public pages: `clarion.wsgi:app` for any server.

It holds no private keys, and the front desk stands before it. It is made when a server process loads
it, after any fork.
"""

from __future__ import annotations

import signal

from .app import create_app
from .memory import settle_memory
from .pages.front import install_front
from .patience import PAGES
from .settings import load_settings
from .supervisor import die_with_parent

die_with_parent(signal.SIGKILL)
app = create_app(load_settings(), holds_private=False, patience=PAGES)
install_front(app).start()
settle_memory()
