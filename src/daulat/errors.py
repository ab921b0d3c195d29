# SPDX-License-Identifier: Apache-2.0
"""The one shape of every error a person meets: what happened, why it matters, what to do.

    DaulatError
    ├── NationError          the author of nation.yaml or of a pack can act     (nation)
    ├── StoreError           the operator of the database can act               (store)
    ├── KnowledgeError       the curator of sources and releases can act        (knowledge)
    ├── ModelsError          the operator of models and engines can act         (models)
    └── RequestError         the caller of the API can act                      (gateway)

Each room subclasses its own branch in its `errors.py`; nothing here does input or output.
"""

from __future__ import annotations

from typing import Any


class DaulatError(Exception):
    """An error with three sentences and a stable code.

    Parameters
    ----------
    what : str
        What happened, one sentence, with file, line and value where there are any.
    why : str
        Why it matters, one sentence.
    fix : str
        What the reader can do now.
    code : str
        Stable and dotted, for machines, e.g. ``nation.language``.

    Examples
    --------
    >>> print(DaulatError("port 8080 is in use", why="Nobody could reach the service.",
    ...                   fix="Stop the other program or pass --port 8081.", code="up.port"))
    error[up.port]: port 8080 is in use
      Nobody could reach the service.
    <BLANKLINE>
    hint: Stop the other program or pass --port 8081.
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str, fix: str, code: str) -> None:
        super().__init__(what)
        self.what, self.why, self.fix, self.code = what, why, fix, code

    def __str__(self) -> str:
        return f"error[{self.code}]: {self.what}\n  {self.why}\n\nhint: {self.fix}"

    def as_dict(self) -> dict[str, Any]:
        """Return the same four fields for `--json` and for the API."""
        return {"code": self.code, "what": self.what, "why": self.why, "fix": self.fix}
