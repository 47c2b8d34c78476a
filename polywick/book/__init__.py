"""The formula book: one page of HTML for every activation of the catalogue, made from the records.

:func:`polywick.book.build.build_book` is the way in; it needs the extra ``book``.
"""
