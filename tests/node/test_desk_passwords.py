"""Passwords: which are taken, and what is kept of them."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from node.desk.backoff import Backoff
from node.desk.passwords import LEAST, MOST, Passwords, normal, password_problems

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("too short", "fewer than 12"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("abababababababab", "repeats"),
        ("abcdefghijklmnop", "a row"),
        ("0987654321qwertz", "a row"),
        ("Qwertyuiop1234!?", "a row"),
        ("City of Example!", "a name"),
        ("ada.lovelace-1", "a name"),
        ("x" * (MOST + 1), "more than 1,024"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, said: str) -> None:
    (problem, *others) = password_problems(password, ("ada.lovelace", "City of Example", " "))
    assert said in problem.message
    assert problem.hint
    assert not others


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "Tür-Öl 3 mal grün",
        "7 little words it is",
        "ли́па цветёт",
        "x1Y" * 300 + "q2",
    ],
)
def test_others_are_taken_and_fit_in_any_form(password: str) -> None:
    assert password_problems(password, ("ada", "City of Example")) == ()
    passwords = Passwords(CHEAP)
    kept = passwords.hash(password)
    assert passwords.fits(kept, password.replace(" ", "\u00a0"))
    assert not passwords.fits(kept, password + "x")
    assert password not in kept


def test_nothing_kept_never_fits_and_costs_as_much() -> None:
    passwords = Passwords(CHEAP)
    assert not passwords.fits(None, "correct horse battery staple")
    assert not passwords.fits("no hash", "correct horse battery staple")
    assert not passwords.fits(passwords.hash("x"), "x" * (MOST + 1))
    # Made with the parameters of real ones, which is what it costs to compare.
    assert not CHEAP.check_needs_rehash(passwords._of_nobody())
    assert passwords.is_outdated(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("x"))
    assert not passwords.is_outdated(passwords.hash("x"))


@settings(max_examples=100)
@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=3))
def test_a_password_that_is_taken_is_long_enough(password: str, names: list[str]) -> None:
    if not password_problems(password, names):
        assert LEAST <= len(normal(password)) <= MOST


def test_who_fails_waits_twice_as_long_each_time_and_is_forgotten_after_a_day() -> None:
    backoff = Backoff(free=2, most_seconds=10)
    assert [backoff.failed("ada", 100, known=True) for _ in range(2)] == [False, True]
    assert backoff.wait("ada", 100, known=True) == 1
    assert backoff.wait("ada", 101, known=True) == 0
    assert backoff.wait("ada", 100) == 0
    for _ in range(50):
        assert not backoff.failed("ada", 200, known=True)
    assert backoff.wait("ada", 200, known=True) == 10
    assert backoff.wait("ada", 100, known=True) == 10
    assert backoff.wait("ada", 205, known=True) == 5
    assert backoff.wait("ada", 200 + 86_400, known=True) == 0
    assert not backoff.failed("ada", 200 + 86_400, known=True)
    assert backoff.wait("ada", 200 + 86_400, known=True) == 0
    backoff.succeeded("ada")
    assert backoff.wait("ada", 200, known=True) == 0


def test_no_flood_of_names_fills_the_memory_or_makes_it_forget() -> None:
    backoff = Backoff(free=1, most_seconds=60, shared=16)
    backoff.failed("ada", 0, known=True)
    backoff.failed("\ud800", 0)
    for number in range(1_000):
        backoff.failed(f"name {number}", 0)
    assert len(backoff._counts) == 17
    assert (backoff.wait("ada", 0, known=True), backoff.wait("\ud800", 0)) == (1, 60)
