# SPDX-License-Identifier: Apache-2.0
"""Deploy: signed bundles and cluster manifests for the next site. Empty yet; the room is kept by the design."""
