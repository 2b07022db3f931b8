"""What a key of the API may do."""

from __future__ import annotations

from typing import Literal, get_args

Scope = Literal["signers:read", "consents:read", "signatures:write", "counts:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
