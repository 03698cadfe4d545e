"""How a secret that this node made by chance is kept: tokens, sessions, codes.

Each has 256 random bits: nobody tries them all, so one fast hash loses nothing. Passwords, which people
choose, are kept otherwise; see ``node.desk.passwords``.
"""

import hashlib


def kept_hash(secret: str) -> bytes:
    """Return what is kept of a secret: its SHA-256, 32 bytes. What nobody was given fits nothing."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
