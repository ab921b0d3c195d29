# SPDX-License-Identifier: Apache-2.0
"""Batches: a file of requests in; their answers, one line each, in another file out, when there is room for them.

    file ── lines ── leased by a worker ── the route that everybody calls ── answered, once ── output file

The queue is PostgreSQL: a line belongs to the worker that leases it, for `LEASE_S` at a time. A worker that ends,
however it ends, loses its leases, and others go on; an answer counts only if its worker still holds the line. Each line
is admitted under the key that handed the batch in, with the priority `batch`. No connection is held while a model
talks.
"""
