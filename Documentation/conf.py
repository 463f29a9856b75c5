# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Settings of Sphinx; "make docs" calls it by Documentation/build-docs."""
import pathlib

import pygments.lexer
import pygments.token

project = "camex"
author = "the camex developers"
version = release = pathlib.Path("VERSION").read_text(encoding="ascii").strip()
html_title = f"camex {release}"
language = "en"
root_doc = "index"

# options of commands begin with two hyphens, which are to stay two
smartquotes = False
nitpicky = True
highlight_language = "none"

# follows the reader's choice of light and dark
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["camex.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False


class Session(pygments.lexer.RegexLexer):
    """Commands with a prompt, HOST# or #, and what they print."""

    name = "console"
    tokens = {
        "root": [
            (r"^([a-z0-9]*[#$] )((?:.*\\\n)*.*\n)", pygments.lexer.bygroups(
                pygments.token.Generic.Prompt, pygments.token.Text)),
            (r".*\n", pygments.token.Comment),
        ],
    }


def setup(app):
    app.add_lexer("console", Session)
