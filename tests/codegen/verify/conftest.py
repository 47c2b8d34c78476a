from collections.abc import Callable
from types import ModuleType

import pytest

from codegen import emit
from codegen.verify import kernel_runs
from codegen.verify.arithmetic import namespaces

POINTS = (
    (0.0, 1.0),
    (0.7, 0.3),
    (-0.4, 1.3),
    (-2.5, 1.0),
    (-3.5, 1.4),
    (-14.0, 2.5),
    (-30.0, 1.0),
    (5.0, 2.0),
    (-1e-3, 1e-4),
    (12.0, 1e5),
    (0.0, 0.0),
    (-2.0, 0.0),
)


@pytest.fixture(scope="session")
def points() -> tuple[tuple[float, float], ...]:
    return POINTS


@pytest.fixture(params=namespaces(), ids=lambda kind: kind.__name__)
def each_arithmetic(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text runs in every arithmetic there is, one after another."""
    monkeypatch.setattr(kernel_runs, "namespaces", lambda: [request.param])


@pytest.fixture(scope="session")
def kernel_text() -> Callable[[str], str]:
    texts = {name: emit(name).source for name in ("relu", "gelu")}
    return texts.__getitem__


@pytest.fixture
def planted(kernel_text: Callable[[str], str]) -> Callable[[str, str, str], ModuleType]:
    """A kernel with one passage of its emitted text replaced; the passage must be there."""

    def plant(name: str, original: str, replacement: str) -> ModuleType:
        text = kernel_text(name)
        assert original in text, f"the kernel {name} no longer contains {original!r}: plant the error elsewhere"
        module = ModuleType(name)
        exec(compile(text.replace(original, replacement), f"<planted {name}>", "exec"), module.__dict__)
        return module

    return plant
