# SPDX-License-Identifier: Apache-2.0
"""The declaration that everything starts from.

Comes in: a country code, or a `nation.yaml` that its people have edited. Goes out: a `Nation`, or every fault of the
file at once, each with its line; and the country's `Pack`, where one is installed. This room writes no file, opens no
connection, runs no code of a pack, and holds nothing that is particular to one country.
"""

from daulat.nation.errors import NationError, NationFaultsError
from daulat.nation.packs import Pack, find_pack, installed_packs, pack_at

__all__ = ["NationError", "NationFaultsError", "Pack", "find_pack", "installed_packs", "pack_at"]
