# SPDX-License-Identifier: Apache-2.0
"""The schema, one file a step, forward only; `REVISIONS` lists them in order. A step that has shipped never changes."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
