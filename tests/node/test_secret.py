"""Secrets that people carry from one place to another."""

import string

from node.secret import fresh_code, kept_hash


def test_a_code_is_a_word_on_every_command_line() -> None:
    codes = {fresh_code() for _ in range(100)}
    assert len(codes) == 100
    # What begins with "-" would be an option: that was one code in sixty-four.
    assert all(len(code) == 64 and set(code) <= set(string.hexdigits.lower()) for code in codes)
    assert len({kept_hash(code) for code in codes}) == 100
