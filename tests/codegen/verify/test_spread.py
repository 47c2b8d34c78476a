"""Points over several processes: the certificate and the errors are those of one."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import emit
from codegen.verify import KernelDoesNotRun, spread, verify
from codegen.verify.evidence import Evidence, Question, merged
from codegen.verify.kernel_runs import SEQUENCES, SINGLES, float_run
from codegen.verify.load import loaded
from codegen.verify.parameter_values import bound, settings
from codegen.verify.spread import Spread

POINTS = [(0.1 * j - 9.0, (0.0, 0.5, 1.0)[j % 3]) for j in range(130)]
DIGITS, DEGREE = 20, 2


@pytest.fixture
def answers(monkeypatch):
    """What the other processes answered, in the order asked."""
    seen = []
    answer = spread._Worker.answer

    def noted(worker):
        seen.append(answer(worker))
        return seen[-1]

    monkeypatch.setattr(spread._Worker, "answer", noted)
    return seen


def changed(name, old, new):
    source = emit(name)
    assert old in source.source
    return replace(source, source=source.source.replace(old, new))


def test_the_certificate_does_not_depend_on_the_number_of_workers(answers):
    alone = verify(emit("relu"), DIGITS, DEGREE, POINTS, workers=1)
    assert not answers
    together = verify(emit("relu"), DIGITS, DEGREE, POINTS, workers=3)
    assert [type(answer) for answer in answers] == [Evidence, Evidence]
    assert together == alone
    assert together.to_json() == alone.to_json()


def test_settings_of_parameters_reach_the_workers(answers):
    module, _, origin = loaded(emit("leaky_relu"))
    *_, setting = settings(module)
    kernel = bound(module, setting)
    points = POINTS[:80]
    question = Question(
        kernel.KERNEL["expression"], DIGITS, 0, dict.fromkeys(("activation", *SEQUENCES, *SINGLES), 2e-14)
    )
    own = float_run(kernel, points, 0)
    together = Spread(2, origin, setting).evidence(kernel, points, own, question)
    assert together == Spread(1, origin, setting).evidence(kernel, points, own, question)
    assert [type(answer) for answer in answers] == [Evidence]


def test_few_points_and_modules_stay_in_this_process(answers):
    verify(emit("relu"), DIGITS, 0, POINTS[:79], workers=4)
    verify(emit("relu").load(), DIGITS, 0, POINTS[:80], workers=4)
    assert answers == []


def test_a_double_found_in_a_share_is_named_as_in_one_process():
    kernel = changed("relu", "xp.erfcx(x / xp.sqrt(2))", "xp.erfcx(x / 1.4142135623730951)")
    together = verify(kernel, DIGITS, 2, POINTS, workers=2)
    assert not together.passed
    assert any("1.4142135623730951 is a double" in note for note in together.notes)
    assert together == verify(kernel, DIGITS, 2, POINTS, workers=1)


def test_an_error_in_a_share_is_the_error_of_one_process():
    kernel = changed("relu", "xp.maximum(x, 0)", "xp.larger(x, 0)")
    kernel = replace(kernel, source=kernel.source.replace("maximum=", "larger=array_library.maximum,\n    maximum="))
    messages = []
    for workers in (1, 2):
        with pytest.raises(KernelDoesNotRun, match=r"does not run in mpmath: .*larger") as caught:
            verify(kernel, DIGITS, 1, POINTS, workers=workers)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_a_worker_that_dies_changes_nothing(answers):
    """The second process to import this text, which is a worker, ends at once."""
    kernel = emit("relu")
    dying = "import os, sys\nif 'pytest' not in sys.modules:\n    os._exit(0)\n"
    wrong = replace(kernel, source=f"{kernel.source}\n{dying}")
    assert verify(wrong, DIGITS, 0, POINTS, workers=2) == verify(kernel, DIGITS, 0, POINTS, workers=1)
    assert answers == [None]


def test_shares_come_together_in_the_order_of_the_points():
    first, second = (0.0, 1.0), (1.0, 1.0)
    shares = [
        Evidence({second: {"f": []}}, {(2.0, 1.0): "b"}, {"f": [[2]]}, {"f": [[20]]}, {}),
        Evidence({first: {"f": []}}, {(-1.0, 1.0): "a"}, {"f": [[1]]}, {"f": [[10]]}, {}),
        Evidence({}, {(3.0, 1.0): "c"}, {}, {}, {}),
    ]
    together = merged(shares, [(-1.0, 1.0), first, second, (2.0, 1.0), (3.0, 1.0)])
    assert list(together.expected) == [first, second]
    assert list(together.refused.values()) == ["a", "b", "c"]
    assert (together.raised, together.shipped) == ({"f": [[1, 2]]}, {"f": [[10, 20]]})


def test_a_script_without_a_guard_and_a_file_may_use_workers(tmp_path):
    script = tmp_path / "script.py"
    path = emit("relu").write(tmp_path / "kernel.py")
    script.write_text(
        "from codegen.verify import verify\n"
        f"print('once', verify({str(path)!r}, 20, 0, [(0.1 * j, 1.0) for j in range(80)], workers=2).passed)\n"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, env=spread.child_environment())
    assert said.stdout.split() == ["once", "True"], said.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="process groups are those of POSIX")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_process_that_started_it(tmp_path, blow):
    """The worker writes its number when it imports the text, then sleeps for longer than the test waits."""
    mark = tmp_path / "worker"
    text = emit("relu").source + (
        "\nimport os, sys, time\nif 'codegen.verify.share' in sys.argv[0] or sys.argv[0].endswith('share.py'):\n"
        f"    open({str(mark)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
    )
    kernel = tmp_path / "text"
    kernel.write_text(text)
    script = (
        "import pathlib, signal\nfrom codegen.emission import KernelSource\nfrom codegen.verify import verify\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job inherits none
        f"source = KernelSource('relu', 'numpy', pathlib.Path({str(kernel)!r}).read_text())\n"
        "verify(source, 20, 0, [(0.1 * j, 1.0) for j in range(80)], workers=2)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], env=spread.child_environment(), stderr=subprocess.PIPE
    ) as run:
        _until(mark.exists)
        _until(lambda: mark.read_text())
        run.send_signal(blow)
        assert run.wait(20) != 0
    worker = int(mark.read_text())
    _until(lambda: not _lives(worker))


def _until(holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _lives(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(number)


def _is_zombie(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return False


def test_no_worker_is_wrong_use():
    with pytest.raises(ValueError, match="workers = 0 given; an integer of at least 1"):
        verify(emit("relu"), workers=0)


def test_a_kernel_by_name_has_an_origin():
    module, _, origin = loaded("relu")
    assert origin is not None
    assert origin.module()[0] is module
