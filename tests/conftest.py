"""What holds for every test."""

import gc

from hypothesis import settings

# Timing is never asserted: a busy machine must not fail a property.
settings.register_profile("fedcat", deadline=None)
settings.load_profile("fedcat")


def pytest_collection_finish() -> None:
    """Look for no garbage in what stays for all of the run: modules and thousands of collected tests."""
    gc.collect()
    gc.freeze()
