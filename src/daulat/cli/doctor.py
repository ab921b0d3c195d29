# SPDX-License-Identifier: Apache-2.0
"""`daulat doctor`: look at this machine and the declaration, and say what is missing, why it matters and what to do."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import click

from daulat.cli import _checks
from daulat.cli._declaration import file_option
from daulat.cli._output import emit, emit_json, hint, json_option


@click.command("doctor")
@file_option
@json_option
def command(path: Path, as_json: bool) -> int:
    """Check that this machine has what Daulat needs. Exit code 1 if something will not work, 0 otherwise.

    Nothing is started, changed or sent anywhere.
    """
    findings = _checks.examine(path, os.environ)
    failed = sum(finding.state == "fail" for finding in findings)
    if as_json:
        emit_json({"ok": not failed, "findings": [dataclasses.asdict(finding) for finding in findings]})
        return 1 if failed else 0
    for finding in findings:
        emit(f"{finding.state:<5}{finding.check:<12}{finding.what}")
        if finding.state != "ok":
            emit(f"{'':17}{finding.why}")
            emit(f"{'':17}hint: {finding.fix}")
    fit = "this machine is fit; `daulat up` starts the service, `daulat status` says how a running one is"
    hint(f"{failed} of {len(findings)} checks failed" if failed else fit)
    return 1 if failed else 0
