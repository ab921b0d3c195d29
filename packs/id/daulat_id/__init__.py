# SPDX-License-Identifier: Apache-2.0
"""Indonesia's country pack: data files only, read by `daulat.nation.packs`.

Comes in: nothing. Goes out: the files beside this one (see README.md). It never runs code on import.
"""
