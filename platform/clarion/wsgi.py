"""The WSGI entry of the public pages: `clarion.wsgi:app` for any server.

It holds no private keys, and the front desk stands before it. It is made when a server process loads
it, after any fork.
"""

from __future__ import annotations

import gc
import signal

from .app import create_app
from .pages.front import install_front
from .patience import PAGES
from .settings import load_settings
from .supervisor import die_with_parent

die_with_parent(signal.SIGKILL)
app = create_app(load_settings(), holds_private=False, patience=PAGES)
install_front(app).start()

# What was loaded until here stays for good. Looked through for garbage again and again, it stops all threads for a
# tenth of a second each time; and the little that a request leaves behind is worth a look less often than Python takes
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)
