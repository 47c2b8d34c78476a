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
        ("where(x**2 < 2, exp(-1/(2 - x**2)), 0)", "its value beside x = -sqrt\\(2\\) is a limit"),
        ("acos(clip(2*sin(x), -1, 1))", "at its branch point too often in a period"),
    ],
)
def test_the_reason_is_said(text, reason):
    with pytest.raises(NoKernelError, match=reason):
        emit(text)
