# SPDX-License-Identifier: Apache-2.0
"""The catalogue as a page: a `Catalogue` comes in, Markdown goes out.

    python -m daulat.models.reference > docs/reference/catalogue.md

A test compares the page with the data. It reads nothing else and writes to standard output only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from daulat.models.catalogue import Catalogue, load_catalogue

_HEAD = """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `python -m daulat.models.reference`; edit catalogue.csv and licences.csv instead. -->
# The catalogue of models

{models} open-weight models. What is not known is left empty. Parameters are in thousand millions, of all and of those
active for one token; context is in tokens; languages are what the publisher claims, not what a gate found.
`daulat models show MODEL` adds the source of each fact. Read a licence's text before you rely on it.

A model marked *test* is for tests and plumbing, never for citizens. No model writes to citizens before it has passed a
gate ([engines](../concepts/engines.md)).

| model | publisher | country | architecture | all | active | context | licence | class | languages | |
| --- | --- | --- | --- | ---: | ---: | ---: | --- | --- | --- | --- |
"""
_LICENCES = """
## Licences

| class | what it means here |
| --- | --- |
| open-source | an OSI-approved licence; pulled without further ado |
| open-weight | conditions on use; somebody accepts them by name before a pull |
| non-commercial | research and evaluation; somebody accepts that by name before a pull |
| unknown | nobody looked yet; somebody answers for it by name before a pull |

| licence | class | what it asks | known from |
| --- | --- | --- | --- |
"""
_RECALLED = """
## What is only remembered

A source that says *recalled* was written from memory, in part or in whole: read the publisher's own page before you
rely on it. Of {models} models and {licences} licences:

| column | recalled | which |
| --- | ---: | --- |
"""
_MOST_TAGS = 15
_COLUMNS = """
## Columns of `catalogue.csv`

| column | meaning |
| --- | --- |
| id | the name of the model here: lower case, digits, dots, hyphens |
| name, publisher, publisher_country | as published; ISO 3166-1 alpha-2 |
| architecture | dense or moe (mixture of experts) |
| params_total_b, params_active_b | thousand millions of parameters |
| context_length | tokens of prompt and answer together |
| licence | an id of `licences.csv`; of two that apply, the stricter; a use beyond its `limits` is refused |
| languages | BCP 47 tags, parted by spaces, as claimed |
| hub | organisation/repository at the publisher's hub |
| derived_from | the model that it was made from |
| purpose | empty, or test |
| weights, weights_sha256, weights_bytes | addresses of one GGUF file or of its parts in order; its hash and size |
| publisher_source | where the publisher's country comes from; the publisher is who owns the address at the hub |
| architecture_source | where the architecture and the context come from |
| params_source | what holds the count, or the dimensions against which the publisher's count was checked |
| licence_source, languages_source, weights_source | where each of these comes from |
| note | what else a reader should know |
"""


def render_catalogue(catalogue: Catalogue) -> str:
    """Write the page."""
    models = [
        [
            f"`{model.id}`",
            model.publisher,
            model.publisher_country,
            model.architecture,
            f"{model.params_total_b:g}",
            f"{model.params_active_b:g}",
            str(model.context_length),
            model.licence.id,
            model.licence.licence_class,
            _languages(model.languages),
            model.purpose,
        ]
        for model in catalogue.models.values()
    ]
    licences = [
        [
            f"[{licence.name}]({licence.url})" if licence.url else licence.name,
            licence.licence_class,
            "; ".join(licence.obligations),
            licence.basis,
        ]
        for licence in catalogue.licences.values()
    ]
    counted = _RECALLED.format(models=len(models), licences=len(licences)) + _rows(_recalled(catalogue))
    return _HEAD.format(models=len(models)) + _rows(models) + _LICENCES + _rows(licences) + counted + _COLUMNS


def _recalled(catalogue: Catalogue) -> list[list[str]]:
    """List, for each column of sources, how many rows say that they were remembered, and which."""
    named = dict(catalogue.recalled)
    named["basis of a licence"] = [each.id for each in catalogue.licences.values() if "recalled" in each.basis]
    return [[column, str(len(ids)), " ".join(f"`{each}`" for each in ids)] for column, ids in named.items()]


def _languages(tags: Sequence[str]) -> str:
    """Write a list of languages so that it fits a cell.

    >>> _languages(["id", "jv"]), _languages(["xa"] * 20)[-15:]
    ('id jv', 'xa and 6 others')
    """
    if len(tags) <= _MOST_TAGS:
        return " ".join(tags)
    return f"{' '.join(tags[: _MOST_TAGS - 1])} and {len(tags) - _MOST_TAGS + 1} others"


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    sys.stdout.write(render_catalogue(load_catalogue()))
