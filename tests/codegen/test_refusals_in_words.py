"""What no family can write is refused in words, not in the errors of what was tried."""

import pytest

from codegen import NoKernelError, emit


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "where(x == 0, 5, x**2)",
            "the value 5 is given at the single point x = 0, where x\\*\\*2 tends to 0: it has no weight",
        ),
        ("where(x == 0, 0, log(abs(x)))", "the value 0 is given at the single point x = 0"),
        ("where(x > 0, exp(-1/x), 0)", "its value beside x = 0 is a limit"),
        ("acos(clip(x, -1, 1))", "its value or its slope divides by 0"),
        ("sqrt(1 - clip(x, -1, 1)**2)", "its value or its slope divides by 0"),
    ],
)
def test_the_reason_is_said(text, reason):
    with pytest.raises(NoKernelError, match=reason):
        emit(text)
