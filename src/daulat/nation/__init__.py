# SPDX-License-Identifier: Apache-2.0
"""The declaration that everything starts from.

Comes in: a country code, or a `nation.yaml` that its people have edited. Goes out: a `Nation`, or every fault of the
file at once, each with its line; and the country's `Pack`, where one is installed. This room writes no file, opens no
connection, runs no code of a pack, and holds nothing that is particular to one country.
"""

from daulat.nation._sentences import Guide, tell_lines
from daulat.nation._yaml import YamlFile, read_yaml
from daulat.nation.bootstrap import bootstrap
from daulat.nation.check import check_nation, check_text, load_nation, nation_of
from daulat.nation.errors import NationError, NationFaultsError
from daulat.nation.model import (
    Encoder,
    Jurisdiction,
    Language,
    Media,
    Model,
    Nation,
    Residency,
    Route,
    Service,
    json_schema,
)
from daulat.nation.packs import Pack, find_pack, installed_packs, pack_at, pack_of

__all__ = [
    "Encoder",
    "Guide",
    "Jurisdiction",
    "Language",
    "Media",
    "Model",
    "Nation",
    "NationError",
    "NationFaultsError",
    "Pack",
    "Residency",
    "Route",
    "Service",
    "YamlFile",
    "bootstrap",
    "check_nation",
    "check_text",
    "find_pack",
    "installed_packs",
    "json_schema",
    "load_nation",
    "nation_of",
    "pack_at",
    "pack_of",
    "read_yaml",
    "tell_lines",
]
