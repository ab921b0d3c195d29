# SPDX-License-Identifier: Apache-2.0
"""The report: a plan as one page that needs nothing else, for the people who decide.

Comes in: a `Document` and the words of its languages. Goes out: HTML with its style and its drawings inside, one file a
language. It computes nothing, runs no script and asks no other host. How to read it: docs/guides/read-the-report.md
"""

from daulat.plan.report.page import report_name, report_page, write_report
from daulat.plan.report.words import Words, load_words

__all__ = ["Words", "load_words", "report_name", "report_page", "write_report"]
