# SPDX-License-Identifier: Apache-2.0
"""A small library of real articles, and an assistant that answers from a script: one answer a word in the question.

What the assistant says is written here; what the gateway and the pages make of it is theirs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from daulat.assistant.quoting import Quoted, quotation
from daulat.assistant.types import Answer, AnswerEvent, Citation, Contact, Question, Spoken
from daulat.errors import DaulatError
from daulat.gateway.catalogue_schema import DocumentCard, Neighbour, PassageCard
from daulat.knowledge.legal import PassageStatus, cuts_of, find_citations, load_legal_rules
from daulat.knowledge.types import Document, Passage, Relation, passage_path
from daulat.language import Phrases, Said
from daulat.nation import find_pack
from daulat.web import LoadingError

RELEASE, AS_OF = "id-2023.03", "2023-03-01"
DATA = Path(__file__).parent / "data" / "passages.jsonl"
TITLES = {
    "UU-24-2013": "Undang-Undang Nomor 24 Tahun 2013 tentang Perubahan atas Undang-Undang Nomor 23 Tahun 2006 tentang "
    "Administrasi Kependudukan",
    "UU-23-2006": "Undang-Undang Nomor 23 Tahun 2006 tentang Administrasi Kependudukan",
    "UU-13-2003": "Undang-Undang Nomor 13 Tahun 2003 tentang Ketenagakerjaan",
    "UU-25-2009": "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik",
    "UU-1-1974": "Undang-Undang Nomor 1 Tahun 1974 tentang Perkawinan",
}
BIRTH = "UU-24-2013:pasal-27#7"
LEAVE = "UU-13-2003:pasal-82#82"
MARRIAGE = "UU-1-1974:pasal-7#7"
MOVING = "UU-23-2006:pasal-15#15"
# For the tests only: in law it is article 27 of the older act that this one replaces, and this slice lacks it.
SUCCESSORS = {MOVING: BIRTH}
CHANGES = {
    MOVING: PassageStatus("amended", "UU-24-2013", "", "2013-12-24", "its own text", BIRTH),
    LEAVE: PassageStatus(
        "in_force",
        ahead=Relation("revoked_by", "UU-9-2028", "Pekerja", "2028-01-01"),
        completed_by=(
            Relation(
                "completed_by",
                "UU-4-2024",
                source="UU 4/2024 Pasal 4",
                now=(("id", "Paling singkat 3 bulan."), ("en", "Three months at least.")),
            ),
        ),
    ),
}
MARRIAGE_AGE = Relation(
    kind="amended_by",
    other="UU-16-2019",
    other_title="Perubahan atas Undang-Undang Nomor 1 Tahun 1974 tentang Perkawinan",
    since="2019-10-15",
    articles=("7", "65A", "elucidation_general"),
    note="the minimum age is 19 for both",
    source="UU 16/2019, Pasal I",
)
SEVERED = Relation(
    kind="partly_revoked_by",
    other="UU-11-2020",
    other_title="Cipta Kerja",
    since="2020-11-02",
    articles=tuple(map(str, range(150, 162))),
)
RELATIONS = {"UU-1-1974": (MARRIAGE_AGE,), "UU-13-2003": (SEVERED,)}

PACK = find_pack("ID")
LEGAL = load_legal_rules(PACK.path("legal.yaml")) if PACK else None


def named(text: str) -> list[str]:
    """Name the acts in a text as the pack knows them."""
    return [mention.doc_id for mention in find_citations(text, LEGAL)] if LEGAL else []


def cuts(passage: Passage) -> list[int]:
    """Say where something begins in a passage that is not of its article."""
    return list(cuts_of(passage, LEGAL))


def act_name(doc_id: str, title: str) -> str:
    """Name an act as answers name a successor."""
    _, number, year = doc_id.split("-")
    return f"Undang-Undang Nomor {number} Tahun {year}" + (f" tentang {title}" if title else "")


def _document(doc_id: str) -> Document:
    _, number, year = doc_id.split("-")
    amended = doc_id == "UU-1-1974"
    return Document(
        doc_id=doc_id,
        title=TITLES[doc_id].partition(" tentang ")[2],
        citation=TITLES[doc_id],
        kind="Undang-Undang",
        number=number,
        year=int(year),
        language="id",
        status="amended" if amended else "in_force",
        relations=RELATIONS.get(doc_id, ()),
        coverage_date=AS_OF,
        url=f"https://peraturan.example/{doc_id.lower()}",
        publisher="Republik Indonesia",
        licence="LicenseRef-public-domain-ID",
        retrieved="2024-05-01",
        quality=0.8 if doc_id == "UU-23-2006" else 0.99,
        scanned=doc_id == "UU-25-2009",
    )


class SmallLibrary:
    """Thirteen articles of five laws, as the gateway and the pages look them up."""

    release, as_of = RELEASE, AS_OF

    def __init__(self) -> None:
        self._documents = {doc_id: _document(doc_id) for doc_id in TITLES}
        self._passages: dict[str, Passage] = {}
        for row in map(json.loads, DATA.read_text("utf-8").splitlines()):
            stale = row["passage_id"] in {MARRIAGE, *SUCCESSORS}
            self._passages[row["passage_id"]] = Passage(
                passage_id=row["passage_id"],
                doc_id=row["doc_id"],
                seq=row["seq"],
                section=row["section"],
                text=row["text"],
                article=row["article"],
                heading=row["chapter"],
                status="amended" if stale else "in_force",
            )

    def documents(self) -> list[Document]:
        return list(self._documents.values())

    def document(self, doc_id: str) -> Document | None:
        return self._documents.get(doc_id)

    def passages_of(self, doc_id: str) -> list[Passage]:
        return [passage for passage in self._passages.values() if passage.doc_id == doc_id]

    def citation(self, passage_id: str, answering: str = "", **fields: object) -> Citation:
        passage = self._passages[passage_id]
        document = self._documents[passage.doc_id]
        at = passage.text.index(answering)
        citation = Citation(
            passage_id=passage_id,
            doc_id=passage.doc_id,
            title=document.citation,
            article=passage.article or "",
            quote=passage.text,
            status=passage.status or document.status,
            url=passage_path(passage_id),
            as_of=AS_OF,
            publisher=document.publisher,
            licence=document.licence,
            retrieved=document.retrieved,
            language="id",
            answer_span=(at, at + len(answering)),
        )
        return replace(citation, **fields)  # type: ignore[arg-type]

    def passage(self, passage_id: str) -> Passage | None:
        return self._passages.get(passage_id)


class ApiLibrary(SmallLibrary):
    """The same library, as the API shows its passages."""

    async def passage(self, passage_id: str) -> PassageCard | None:  # type: ignore[override]
        passage = self._passages.get(passage_id)
        if passage is None:
            return None
        document = self._documents[passage.doc_id]
        siblings = self.passages_of(document.doc_id)
        at = siblings.index(passage)

        def neighbour(place: int) -> Neighbour | None:
            if not 0 <= place < len(siblings):
                return None
            found = siblings[place]
            return Neighbour(found.passage_id, found.article or "", passage_path(found.passage_id))

        card = DocumentCard(
            document.doc_id, document.title, document.citation, document.kind, document.number, document.year, "",
            document.status, "ID", "id", document.publisher, document.licence, document.retrieved,
            document.coverage_date, document.url, len(siblings),
        )  # fmt: skip
        note = "checked against the gazette" if passage_id in SUCCESSORS else ""
        return PassageCard(
            passage_id, passage.article or "", passage.heading or "", passage.section, passage.text,
            passage.status or "", note, SUCCESSORS.get(passage_id, ""), AS_OF, passage_path(passage_id), card,
            neighbour(at - 1), neighbour(at + 1), RELEASE,
            successor_name=TITLES["UU-24-2013"] if passage_id in SUCCESSORS else "",
            successor_url=passage_path(BIRTH) if passage_id in SUCCESSORS else "",
            cuts=cuts(passage),
        )  # fmt: skip


BIRTH_SENTENCE = (
    "Setiap kelahiran wajib dilaporkan oleh Penduduk kepada Instansi Pelaksana setempat paling lambat 60 (enam puluh) "
    "hari sejak kelahiran."
)
LEAVE_SENTENCE = (
    "Pekerja/buruh perempuan berhak memperoleh istirahat selama 1,5 (satu setengah) bulan sebelum saatnya melahirkan "
    "anak dan 1,5 (satu setengah) bulan sesudah melahirkan menurut perhitungan dokter kandungan atau bidan."
)
ARABIC = "يجب التصريح بالولادة خلال ثلاثين (30) يوما. بعد هذا الأجل يصدر حكم."
# The twelfth month is one that a browser without Sundanese writes in another way.
DATED = {"id": "Dari teks hukum sampai 31 Desember 2022.", "su": "Tina naskah hukum dugi ka 31 Désémber 2022."}
ENGLISH = "From legal texts collected up to March 1, 2023."
SCRIPT = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
LONG_WORD = "pertanggungjawabankeberlanjutan" * 12
CONTACTS = (
    Contact("Halo Dukcapil", "Administrasi kependudukan", "1500 537", "https://dukcapil.kemendagri.go.id"),
    Contact("SP4N-LAPOR!", "Pengaduan pelayanan publik", "1708", "https://www.lapor.go.id"),
)


def _marked(text: str, *citations: Citation) -> tuple[str, tuple[Citation, ...]]:
    """Write [1], [2] where the text says {1}, {2}, and note the places in the citations."""
    placed = []
    for number, citation in enumerate(citations, start=1):
        start = text.index(f"{{{number}}}")
        text = text.replace(f"{{{number}}}", f"[{number}]", 1)
        placed.append(replace(citation, start=start, end=start + 3))
    return text, tuple(placed)


def answer_to(question: Question, library: SmallLibrary) -> Answer:
    """Answer from the script; without a known word, with the duty to report a birth, quoted."""
    birth, leave = library.citation(BIRTH, BIRTH_SENTENCE), library.citation(LEAVE, LEAVE_SENTENCE)
    words, mode, answered, notice, language = question.text.lower(), "quotation", True, "", "id"
    as_of = AS_OF
    related: tuple[Citation, ...] = ()
    is_urgent = False
    call: tuple[Contact, ...] = ()
    contacts: tuple[Contact, ...] = ()
    listed: tuple[str, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    title = TITLES["UU-24-2013"]
    text, citations = _marked(f"Menurut {title}, Pasal 27 {{1}}:\n\n> (1) {BIRTH_SENTENCE}", birth)
    if "dimuat" in words:
        raise LoadingError("the texts are being opened", why="-", fix="-", code="loading")
    if "rusak" in words:
        raise DaulatError("the index is gone", why="Nothing can be found.", fix="rebuild it.", code="test.broken")
    if "cuti" in words or "leave" in words:
        mode = "written"
        text, citations = _marked(
            "Pekerja perempuan mendapat istirahat **1,5 bulan sebelum** dan **1,5 bulan sesudah** melahirkan. {1} "
            "Kelahiran anak lalu dilaporkan paling lambat 60 hari. {2}\n\n- Lamanya menurut dokter atau bidan. [1]\n"
            "- Upah tetap dibayar.",
            leave,
            birth,
        )
    elif "umur" in words:
        stale = library.citation(
            MARRIAGE,
            "umur 19 (sembilan belas) tahun",
            standing="history",
            successor="Undang-Undang Nomor 16 Tahun 2019, Pasal 7",
        )
        notice = "Pasal ini telah diubah dengan Undang-Undang Nomor 16 Tahun 2019, yang teksnya belum termuat di sini."
        text, citations = _marked(f"Bunyi pasal lama, sebagai riwayat {{1}}:\n\n> {stale.quote}", stale)
    elif "beberapa" in words:
        stale = library.citation(
            MARRIAGE,
            "umur 19 (sembilan belas) tahun",
            standing="history",
            successor="Undang-Undang Nomor 16 Tahun 2019",
        )
        text, citations = _marked(
            f"Menurut Pasal 27 {{1}}:\n\n> (1) {BIRTH_SENTENCE}\n\n"
            f"Lihat juga Pasal 82 {{2}}:\n\n> (1) {LEAVE_SENTENCE}\n\n"
            f"Bunyi pasal lama, sebagai riwayat {{3}}:\n\n> {stale.quote}\n\nSekian.",
            birth, leave, stale,
        )  # fmt: skip
    elif "pesangon" in words:
        quote = "\n".join((f"{SEVERANCE[0]} {'Dan lain-lain. ' * 60}", *SEVERANCE[1:12], f"(3) {'Lain. ' * 160}"))
        at = quote.index("a. ")
        text, citations = "", (replace(leave, quote=quote, answer_span=(at, quote.index("b. ") - 1)),)
    elif "lebar" in words:
        text, citations = "", (replace(leave, quote="\n".join([" | ".join(["Kabupaten"] * 9)] * 3)),)
    elif "tarif" in words:
        quote = "\n".join((*FEES, "Lain. " * 160))
        at = quote.index(FEES[9])
        text, citations = "", (replace(leave, quote=quote, answer_span=(at, at + len(FEES[9]))),)
    elif "berubah" in words:
        old = {"standing": "history", "successor": title, "successor_url": "/d/UU-24-2013"}
        changed = {"status": "amended", "standing": "caution", "successor": TITLES["UU-13-2003"]}
        stale = library.citation(MARRIAGE, "umur 19 (sembilan belas) tahun", **old)
        cautious = (
            library.citation(BIRTH, BIRTH_SENTENCE, **changed),
            library.citation(LEAVE, LEAVE_SENTENCE, **changed, successor_url="/d/UU-13-2003"),
        )
        text, citations = _marked(
            f"Pasal 7 sudah diubah.\n\nNaskah lama Pasal 7 {{1}}:\n\n> {stale.quote}\n\n"
            f"Undang-undang ini sudah diubah.\n\nLihat juga Pasal 27 {{2}}:\n\n> (1) {BIRTH_SENTENCE}\n\n"
            f"Lihat juga Pasal 82 {{3}}:\n\n> (1) {LEAVE_SENTENCE}\n\nSekian.",
            stale, *cautious,
        )  # fmt: skip
    elif "tanggal" in words:
        language, as_of = question.language or "id", "2022-12-31"
        text = f"{text}\n\n{DATED[language]}"
    elif "belum tentu" in words:
        text, citations = "", tuple(replace(each, status="unknown") for each in (birth, leave))
    elif "usang" in words:
        text, citations = "", (library.citation(MOVING, "Penduduk"),)
    elif "nasib" in words:
        revoked = library.citation(MARRIAGE, status="revoked", standing="history")
        text, citations = _marked(f"{revoked.title} sudah dicabut. {{1}}\n\nSekian.", revoked)
    elif "presiden" in words:
        mode, answered, citations = "declined", False, ()
        text = "Maaf, tidak ada teks resmi di sini yang menjawab pertanyaan ini, jadi kami tidak menebak."
        related, contacts = (birth, leave), CONTACTS
    elif "halo" in words:
        mode, answered, citations = "notice", False, ()
        text = "Halo. Silakan bertanya tentang layanan publik."
    elif "tenggelam" in words:  # where no office is known
        mode, citations, text, is_urgent = "notice", (), "Segera hubungi nomor darurat setempat.", True
    elif "pingsan" in words:
        mode, citations = "notice", ()
        text = "Jika ada yang dalam bahaya, segera hubungi:\n\n- Panggilan darurat, 112\n- Healing119, 119 ext. 8"
        call = (Contact("Panggilan darurat", "Bebas pulsa, 24 jam", "112"), Contact("Healing119", "", "119 ext. 8"))
        listed = ("- Panggilan darurat, 112\n- Healing119, 119 ext. 8",)
        if "biaya" in words:
            asked = "Anda dapat bertanya kepada:\n- Dinas, 123"
            text, contacts, listed = f"{text}\n\n{asked}", (Contact("Dinas", "", "123"),), (*listed, asked)
    elif "dipukul" in words:
        text, citations = _marked(
            f"Segera hubungi:\n\n- 112: darurat\n\nMenurut {title}, Pasal 27 {{1}}:\n\n> (1) {BIRTH_SENTENCE}\n\n"
            "Anda juga dapat bertanya kepada:\n- Dinas: 123",
            birth,
        )
        call, contacts = (Contact("darurat", "", "112"),), (Contact("Dinas", "", "123"),)
        listed = ("- 112: darurat", "Anda juga dapat bertanya kepada:\n- Dinas: 123")
    elif "serang" in words:
        mode = "written"
        hostile = replace(leave, title=f"{SCRIPT}{leave.title}", article=f'"><b>{SCRIPT}', successor=SCRIPT)
        text, citations = _marked(
            f"{SCRIPT} [klik](javascript:alert(1)) [keluar](https://jahat.example) [dalam](/sources) {{1}}\n\n"
            f"![gambar](https://jahat.example/x.png)\n\n> {SCRIPT}",
            hostile,
        )
        contacts = (Contact(SCRIPT, SCRIPT, "javascript:alert(1)", "javascript:alert(1)"),)
        notice = SCRIPT
    elif "panjang" in words:
        mode = "written"
        text, citations = _marked(f"{LONG_WORD} {{1}}", replace(leave, title=LONG_WORD, successor=LONG_WORD))
    elif "ولادة" in words:
        language = "ar"
        arabic = replace(
            birth,
            title="القانون رقم 24 لسنة 2013",
            article="المادة 16",
            quote=ARABIC,
            language="ar",
            answer_span=(0, 43),
        )
        text, citations = _marked(f"وفقا للمادة 16 {{1}}:\n\n> {ARABIC}\n\n{ENGLISH}", arabic)
        spoken = (Spoken(text.index(ENGLISH), len(text), "en"),)
        related = (arabic,)
    return Answer(
        answered=answered, text=text, citations=citations, language=language, as_of=as_of, mode=mode,  # type: ignore[arg-type]
        confidence=0.9, notice=notice, spoken=spoken, related=related, is_urgent=is_urgent or bool(call), call=call,
        contacts=contacts, release=RELEASE,
        listed=tuple((text.index(each), text.index(each) + len(each)) for each in listed),
    )  # fmt: skip


# A list whose last row answers, as laws write them, between other paragraphs.
SEVERANCE = [
    "(1) Pengusaha membayar uang pesangon.",
    "(2) Perhitungannya sebagai berikut:",
    *(f"{letter}. masa kerja {n} tahun, {n} bulan upah;" for n, letter in enumerate("abcdefgh")),
    "i. masa kerja 8 (delapan) tahun atau lebih,",
    "9 (sembilan) bulan upah.",
    "(3) Uang penghargaan ditetapkan sebagai berikut:",
    "a. masa kerja 3 (tiga) tahun, 2 (dua) bulan upah.",
]
# A table as readers of documents write it, after a line of its own.
FEES = [
    "Tarif layanan paspor:",
    "Jenis paspor | Biaya | Selesai",
    *(
        f"Paspor biasa {pages} halaman | Rp{pages}0.000 | {days} hari kerja"
        for days, pages in enumerate(range(8, 64, 4))
    ),
]
# Signs of Markdown and HTML, ends of lines of every kind, and those that are placeholders on a page.
NASTY = "ab <>&]([:/!?\"'*_`#-.\\\n\r\x1c\x85\u2028\ue000\ue005"


def quoting(texts: Sequence[str]) -> Answer:
    """Answer as the assistant does where each of these is the whole text of a passage."""
    quoted = [
        Quoted(Citation(f"p:{n}", "d", "Act", "1", text, "in_force", "/"), f"Act {n}") for n, text in enumerate(texts)
    ]
    page = quotation(quoted, Phrases.for_language("en", None), opening=[], closing=[Said("So far.", "en")])
    return Answer(True, page.text, tuple(page.citations), "en", "", "quotation")


class ScriptedAssistant:
    """Streams the script's answers word by word, each citation once its marker was told, as the assistant does.

    With "macet" in a question it stands still at the third word, with "tersendat" at the first citation. `questions`
    is what it was asked.
    """

    def __init__(self, library: SmallLibrary) -> None:
        self.library = library
        self.questions: list[Question] = []
        self.cancelled = 0

    async def ask(self, question: Question, client: str = "") -> Answer:
        self.questions.append(question)
        return answer_to(question, self.library)

    async def stream(self, question: Question, writer_for: object = None) -> AsyncIterator[AnswerEvent]:
        answer = await self.ask(question)
        pieces = [f"{word} " for word in answer.text.split(" ")]
        pieces[-1] = pieces[-1][:-1]
        waiting, told = list(answer.citations), 0
        try:
            for at, piece in enumerate(pieces):
                is_certain = len(waiting) < len(answer.citations)
                if (at == 3 and "macet" in question.text) or (is_certain and "tersendat" in question.text):
                    await asyncio.Event().wait()  # until somebody stops it
                yield AnswerEvent("text", text=piece)
                told += len(piece)
                while waiting and waiting[0].end <= told:
                    yield AnswerEvent("citation", citation=waiting.pop(0))
                await asyncio.sleep(0.002)
            if "ganti" in question.text:
                answer = replace(answer, text="Sudah diperiksa.", citations=())
            yield AnswerEvent("answer", answer=answer)
        except (GeneratorExit, asyncio.CancelledError):
            self.cancelled += 1
            raise
