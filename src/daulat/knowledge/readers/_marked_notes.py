# SPDX-License-Identifier: Apache-2.0
"""Private: the footnotes of Markdown. A text in; the same without them, and what each says, out; then a paragraph in,
with its notes after it out.

The form is that of GitHub, Pandoc and govspeak: `[^1]` in the text, `[^1]: What it says.` on a line of its own. A note
that nothing refers to stays where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGN = re.compile(r"\[\^([^\]\s^]{1,40})\](?!:)")
_NOTE = re.compile(r"^ {0,3}\[\^([^\]\s^]{1,40})\]:[ \t]*(\S.*(?:\n(?: {2,}|\t)\S.*)*)\n?", re.MULTILINE)


def without_notes(text: str) -> tuple[str, Mapping[str, str]]:
    """Take the notes out of a text.

    Examples
    --------
    >>> without_notes("Pay 5[^a] crowns.\\n\\n[^a]: Or six.\\n[^b]: Spare.")
    ('Pay 5[^a] crowns.\\n\\n\\\\[^b]: Spare.', {'a': 'Or six.'})
    """
    referred = set(_SIGN.findall(text))
    notes = {name: " ".join(said.split()) for name, said in _NOTE.findall(text) if name in referred}
    # One that stays is text: a parser without footnotes may take it for the address of a link, which is not shown.
    return _NOTE.sub(lambda found: "" if found[1] in notes else found[0].replace("[^", r"\[^", 1), text), notes


def with_notes(text: str, notes: Mapping[str, str]) -> str:
    """Put the notes that a paragraph refers to after it.

    Examples
    --------
    >>> with_notes("Pay 5[^a] crowns.", {"a": "Or six."})
    'Pay 5 crowns. [Or six.]'
    """
    named = [name for name in _SIGN.findall(text) if name in notes]
    if not named:
        return text
    bare = _SIGN.sub(lambda found: "" if found[1] in notes else found[0], text)
    return bare + "".join(f" [{notes[name]}]" for name in dict.fromkeys(named))
