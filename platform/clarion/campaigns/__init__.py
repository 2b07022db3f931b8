"""From a folder to a checked `Campaign`, and from there to the editions that pages are served from."""
