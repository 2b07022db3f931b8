"""The frame of a partner as a test asks for it."""

from __future__ import annotations

import re

from clarion.testing import Instance

LISTED = "https://writers.example"


FRAME = "/library/en/embed?partner=writers"


def policy(instance: Instance, path: str, **more: object) -> dict[str, str]:
    answer = instance.client.get(path, **more)
    told = answer.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (one.partition(" ") for one in told)}


def token_in(page: str) -> str:
    found = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def send(instance: Instance, path: str, language: str = "en", origin: str = "", **fields: str) -> object:
    token = token_in(instance.client.get(path).get_data(as_text=True))
    form = {"token": token, "name": "Ana Reader", "email": "ana@readers.example"}
    form |= {k.replace("_", "-") if k.startswith("consent") else k: v for k, v in fields.items()}
    # as a browser sends it out of a sandbox
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin or "null"}
    return instance.client.post(path, data=form, headers=headers)
