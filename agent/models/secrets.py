"""Keeps secrets out of prompts, journals and messages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

REMOVED = "[secret removed]"

_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PASSPHRASE)S?(?:_|$)", re.IGNORECASE)
_SHORTEST = 8
# A development password such as "postgres" is also an ordinary word of the code.
_A_WORD = re.compile(r"[A-Za-z]{0,15}|[0-9]{0,15}")

# Each is the documented shape of one issuer's tokens, so that ordinary code is left as it is.
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}"  # OpenAI and those who copied it
    r"|gh[pousr]_[A-Za-z0-9]{36,}"  # GitHub
    r"|github_pat_[A-Za-z0-9_]{22,}"
    r"|glpat-[A-Za-z0-9_-]{20,}"  # GitLab
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|AIza[A-Za-z0-9_-]{35}"  # Google
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|hf_[A-Za-z0-9]{30,}"  # Hugging Face
    r"|npm_[A-Za-z0-9]{36}"
    r"|pypi-[A-Za-z0-9_-]{50,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"  # JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----)",
    re.DOTALL,
)
_AUTHORIZATION = re.compile(
    r"((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+)[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)


class Redactor:
    """Replaces known secrets, and text of the shape of well-known tokens.

    Known: `values`, and what the environment holds under names that look secret.
    """

    def __init__(self, values: Iterable[str] = (), environ: Mapping[str, str] | None = None) -> None:
        named = os.environ if environ is None else environ
        found = {*values, *(value for name, value in named.items() if _NAMES.search(name))}
        telling = [value for value in found if len(value) >= _SHORTEST and not _A_WORD.fullmatch(value)]
        known = sorted(telling, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(REMOVED, text)
        text = _AUTHORIZATION.sub(rf"\g<1>{REMOVED}", text)
        return _SHAPES.sub(REMOVED, text)
