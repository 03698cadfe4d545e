"""How a secret that this node made by chance is kept: tokens, sessions, codes.

Each has 256 random bits: nobody tries them all, so one fast hash loses nothing. Passwords, which people
choose, are kept otherwise; see ``node.desk.passwords``.
"""

import hashlib
import secrets


def fresh_code() -> str:
    """Return a new secret that people carry from one place to another, 64 hexadecimal digits.

    It is a word wherever it is put: on a command line, where what begins with ``-`` is an option, in an
    address, and when it is marked by a double click.
    """
    return secrets.token_hex(32)


def kept_hash(secret: str) -> bytes:
    """Return what is kept of a secret: its SHA-256, 32 bytes. What nobody was given fits nothing."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
