"""Signed messages are verified, a forged one among them."""

import hashlib
import random

from ecdsa import NIST192p, SigningKey, VerifyingKey
from ecdsa.keys import BadSignatureError

MESSAGES = 2


def setup(seed):
    rng = random.Random(seed)
    key = SigningKey.from_secret_exponent(rng.randrange(1, NIST192p.order), NIST192p, hashlib.sha1)
    texts = [f"order {rng.randrange(10**9)}: {rng.randrange(500)} pieces".encode() for _ in range(MESSAGES)]
    signed = [(text, key.sign_deterministic(text)) for text in texts]
    return key.get_verifying_key().to_string(), [*signed, (b"forged", signed[0][1])]


def workload(state):
    public, messages = state
    key = VerifyingKey.from_string(public, NIST192p, hashlib.sha1)
    return [_valid(key, text, signature) for text, signature in messages]


def _valid(key, text, signature):
    try:
        return key.verify(signature, text)
    except BadSignatureError:
        return False
