# SPDX-License-Identifier: Apache-2.0
"""Charts: values in, one drawing for any width and one table out, both from the same values.

Each kind has a file: `bands` (lines with their interval), `stacks` (columns of parts), `bars` (swings and steps),
`places` (dots by coordinates). They know no plan and no language; texts come in ready.
"""

from daulat.plan.report.charts.bands import BandChart, Line
from daulat.plan.report.charts.bars import Bar, BarChart
from daulat.plan.report.charts.places import Dot, DotMap
from daulat.plan.report.charts.stacks import StackChart

__all__ = ["BandChart", "Bar", "BarChart", "Dot", "DotMap", "Line", "StackChart"]
