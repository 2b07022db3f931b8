"""A real WordPress in which an editor pastes the address of a petition: `make wordpress`."""
