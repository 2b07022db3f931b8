"""`make bench ARGS=pack`: the pack of a campaign with very many signers, whose details can be opened.

The rows are written with COPY beside one real signature, as in `bulk`, but each sealed record is a person's: names in
eight scripts, nine of ten shown. The command runs as a process of its own, so what it takes is its own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from clarion.sealing import seal

GIVEN = (
    "Ana María José Nguyễn Zoë Ñusta O’Brien Олена Ελένη Łukasz Fatima Kwame Siân Jean-Luc Ximena Béatrice "
    "ليلى محمد فاطمة אברהם አበበ ሰላም ብርሃን 李明 王芳 陳大文 김민준 이서연 さくら हरि สมชาย"
).split()
FAMILY = "López Reader García-Ruiz Smith Tran Иванова Παπάς Żak حسن יוסף ተስፋዬ कुमार".split()


def sealed_people(public_key: bytes, rows: int, seed: int = 7) -> Sequence[bytes]:
    """Sealed details of made-up people, each its own seal."""
    chance = random.Random(seed)
    return [
        seal(
            public_key,
            {
                "name": f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
                "email": f"person{n}@readers.example",
                "postal_code": f"{20001 + n % 35}",
                "phone": "+12025550123",
                "country": "US",
            },
        )
        for n in range(rows)
    ]
