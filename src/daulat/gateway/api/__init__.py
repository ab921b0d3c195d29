# SPDX-License-Identifier: Apache-2.0
"""The wider API: everything of OpenAI's that is not a chat completion.

In: requests to completions, responses, embeddings, rerank, moderations, audio, files, batches and vector stores. Out:
what an engine answers, byte for byte, where one has the route; else what this side makes of the parts that it has, and
says so. Every call to a model is admitted, routed and settled as a chat completion is.

It keeps nothing of what is asked, but for files and batches, which their owner hands in to be kept for a time.
"""
