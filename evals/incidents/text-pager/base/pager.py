"""Pages of plain text."""

import textwrap

LINES_PER_PAGE = 4
WIDTH = 40


def wrap(text, width=WIDTH):
    """Wrap every paragraph; an empty line between paragraphs stays."""
    lines = []
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            lines.append("")
        lines.extend(textwrap.wrap(paragraph, width))
    return lines


def page_count(lines, per_page=LINES_PER_PAGE):
    """Number of pages that the lines need."""
    return -(-len(lines) // per_page)


def page(lines, number, per_page=LINES_PER_PAGE):
    """Return the lines of a page; pages count from 1."""
    start = (number - 1) * per_page
    return lines[start : start + per_page]


def pages(text):
    """Return all pages, each with its footer."""
    lines = wrap(text)
    total = page_count(lines)
    return [
        page(lines, number) + [f"- {number}/{total} -"] for number in range(1, total + 1)
    ]
