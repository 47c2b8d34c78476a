"""The command line as a function."""

import pytest

from polywick.cli import main


@pytest.fixture
def run(capsys):
    """Run the words after ``polywick``; exit code, standard output and standard error."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
