"""No test asserts a time: hypothesis sets no deadline, and prints what reproduces a failure."""

from hypothesis import settings

settings.register_profile("polywick", deadline=None, print_blob=True)
settings.load_profile("polywick")
