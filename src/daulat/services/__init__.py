# SPDX-License-Identifier: Apache-2.0
"""Services: what health, education and workforce add to the assistant. Empty yet; the design keeps the room."""
