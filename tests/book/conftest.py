"""A book of three pages, built once."""

import pytest

from polywick.book.build import build_book

THREE = ("relu", "gelu", "silu")


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    build_book(folder, THREE)
    return folder
