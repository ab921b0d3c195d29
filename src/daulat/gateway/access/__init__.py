# SPDX-License-Identifier: Apache-2.0
"""Access: who may call, as whom, and what each role may do.

Comes in: a bearer token, a person's session, an operator's command. Goes out: the record of a key, the roles of a
person, or a refusal with a stable code. A key is shown once and kept as a hash; nothing here ever sees a question.
"""
