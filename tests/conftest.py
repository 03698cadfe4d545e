"""What holds for every test."""

from hypothesis import settings

# Timing is never asserted: a busy machine must not fail a property.
settings.register_profile("fedcat", deadline=None)
settings.load_profile("fedcat")
