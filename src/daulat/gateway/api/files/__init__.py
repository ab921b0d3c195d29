# SPDX-License-Identifier: Apache-2.0
"""Files that an application hands in for a batch, and those that come of one.

In: an upload. Out: the same bytes, to whoever has a key of the same project, until the day on which they are deleted.
"""
