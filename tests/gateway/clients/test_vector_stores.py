# SPDX-License-Identifier: Apache-2.0
"""Published text is searched as a vector store by the official client."""

import openai
import pytest

STORE = "vs_xa_public-services"


@pytest.fixture
def client(live):
    with openai.OpenAI(base_url=f"{live.base_url}/v1", api_key="none", max_retries=0) as client:
        yield client


def found(client, **fields):
    page = client.vector_stores.search(STORE, query="When must a birth be reported?", **fields)
    return [each.attributes["article"] for each in page]


def test_each_service_has_a_store(client):
    [store] = client.vector_stores.list()
    assert (store.id, store.name, store.status, store.file_counts.total) == (
        STORE,
        "xa/public-services",
        "completed",
        1,
    )
    assert client.vector_stores.retrieve(STORE).metadata["release"] == "r1"


def test_a_search_finds_passages_with_all_that_a_citation_needs(client):
    [first, *_] = client.vector_stores.search(STORE, query="When must a birth be reported?")
    assert first.content[0].text.startswith("Pasal 28: Setiap kelahiran")
    assert (first.file_id, first.score) == ("XA-1-2001", 0.9)
    assert first.attributes == {
        "passage_id": "XA-1-2001:Pasal 28", "article": "Pasal 28", "status": "in_force", "year": 2001,
        "url": str(client.base_url.join("/p/28")),
    }  # fmt: skip


def test_a_search_is_bounded_filtered_and_cut_at_a_score(client):
    in_force = {"type": "eq", "key": "status", "value": "in_force"}
    recent = {"type": "gte", "key": "year", "value": 2000}
    assert found(client) == ["Pasal 28", "Pasal 29", "Pasal 3"]
    assert found(client, max_num_results=1) == ["Pasal 28"]
    assert found(client, filters=in_force) == ["Pasal 28", "Pasal 3"]
    assert found(client, filters={"type": "and", "filters": [in_force, recent]}) == ["Pasal 28"]
    assert found(client, ranking_options={"score_threshold": 0.5}) == ["Pasal 28", "Pasal 29"]


def test_what_is_not_there_or_means_nothing_is_told(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.vector_stores.search("vs_none", query="x")
    assert caught.value.code == "vector_store_not_found"
    with pytest.raises(openai.BadRequestError) as caught:
        found(client, filters={"type": "eq", "value": "in_force"})
    assert (caught.value.code, caught.value.param) == ("invalid_filter", "filters.key")


def test_nothing_can_be_added(client):
    with pytest.raises(openai.APIStatusError) as caught:
        client.vector_stores.create(name="mine")
    assert caught.value.status_code == 405


def test_of_files_it_is_told_that_the_store_is_searched(client):
    for ask in (
        lambda: client.vector_stores.files.list(STORE),
        lambda: client.vector_stores.files.retrieve("XA-1-2001", vector_store_id=STORE),
    ):
        with pytest.raises(openai.NotFoundError, match=r"files of a vector store are not listed.*/search") as caught:
            ask()
        assert caught.value.code == "unsupported_route"
    with pytest.raises(openai.NotFoundError) as caught:
        client.vector_stores.files.list("vs_none")
    assert caught.value.code == "vector_store_not_found"
