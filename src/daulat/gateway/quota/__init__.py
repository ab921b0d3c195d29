# SPDX-License-Identifier: Apache-2.0
"""Quotas: how much may be used, reserved before a call and settled after it, and never more.

Comes in: limits, and what each call needs. Goes out: credit that a worker may spend without asking anybody, or the row
that refuses. Counters live in PostgreSQL, or in Valkey where one is given. Never touches disk or network on the event
loop, never counts in binary fractions, and never grants what is not there.
"""
