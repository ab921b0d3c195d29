# SPDX-License-Identifier: Apache-2.0
"""Ed25519 signatures of releases: a manifest in, a signature out; a directory in, whether it is whole and whose it is,
out.

Verification reads every byte that the manifest lists and refuses whatever it does not list, links too. Keys never leave
their files; the private key is made on first use with mode 0600 and is never logged.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from daulat.files import create_whole, kind_of, read_regular
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.release.layout import FORMAT, MANIFEST, SIGNATURE, FileEntry, Manifest

NEWER = "knowledge.release.format"  # the code of a release that a newer program made
UNTRUSTED = "knowledge.release.key"  # the code of one whose signer nobody here trusts
_RAW = serialization.Encoding.Raw
_CONTEXT = b"daulat-knowledge-release-v1\n"  # a signature over a manifest is valid for nothing else


class _Format(msgspec.Struct, frozen=True):
    format: int


class _Signature(msgspec.Struct, frozen=True):
    algorithm: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """The public half; `text` is its base64 form, as published."""

    text: str

    def is_valid(self, message: bytes, signature: bytes) -> bool:
        """Say whether `signature` of `message` was made with this key."""
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(self.text)).verify(signature, _CONTEXT + message)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """The private half, kept in a file of mode 0600."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def open(cls, path: Path) -> SigningKey:
        """Read the key, or make one where there is none.

        Raises
        ------
        ReleaseError
            If the file is not a key, or others may read it.
        OSError
            If it cannot be read or made; then no part of a key is left.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            key = Ed25519PrivateKey.generate()
            raw = key.private_bytes(_RAW, serialization.PrivateFormat.Raw, serialization.NoEncryption())
            with suppress(FileExistsError):  # another process made it between the two calls; its key is read below
                create_whole(path, base64.b64encode(raw) + b"\n", 0o600)
                return cls(key)
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """Read the key that is there; as `open`, and never makes one."""
        if path.stat().st_mode & 0o077:
            raise ReleaseError(
                f"others can read the signing key {path}",
                why="Whoever reads it can sign a false release in this agency's name.",
                fix=f"Run `chmod 600 {path}`; if it may have been copied, delete it and publish the new public key.",
                code="knowledge.key",
            )
        if kind := kind_of(path):
            raise _no_key(path, f"{kind} and no file")
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes(), validate=False)))
        except ValueError as error:
            raise _no_key(path, "not an Ed25519 key in base64") from error

    @property
    def public(self) -> VerifyKey:
        """The public half."""
        raw = self._private.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw)
        return VerifyKey(base64.b64encode(raw).decode())

    def sign(self, manifest: bytes) -> bytes:
        """Return the content of `manifest.sig`."""
        return _signature_file(self.public, self._private.sign(_CONTEXT + manifest))


def _no_key(path: Path, what: str) -> ReleaseError:
    return ReleaseError(
        f"{path} is {what}",
        why="Releases could not be signed, and nobody can tell which of them are this site's own.",
        fix="Restore the key from its backup. Without one, delete it, then `daulat knowledge build` and `publish` "
        "again: a new key is made, and releases of the old one are no longer trusted.",
        code="knowledge.key",
    )


def _signature_file(key: VerifyKey, signature: bytes) -> bytes:
    return msgspec.json.encode(_Signature("ed25519", key.text, base64.b64encode(signature).decode())) + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest without checking the files.

    Raises
    ------
    ReleaseError
        If there is none, it is damaged, or a newer program wrote it.
    """
    return _manifest_of(folder)[0]


def _manifest_of(folder: Path) -> tuple[Manifest, bytes]:
    """Return the manifest and the bytes that it was read from."""
    try:
        raw = read_regular(folder / MANIFEST)
        # By itself first: what else a newer manifest holds is not known here.
        if (form := msgspec.json.decode(raw, type=_Format).format) > FORMAT:
            raise ReleaseError(
                f"release {folder.name} has format {form}; this program reads up to {FORMAT}",
                why="A newer Daulat made it.",
                fix="Update Daulat, or put another release in use; `daulat knowledge list` shows what is here.",
                code=NEWER,
            )
        manifest = msgspec.json.decode(raw, type=Manifest)
    except FileNotFoundError as error:
        raise damaged(folder, "it has no manifest.json") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise damaged(folder, f"its manifest cannot be read ({error})") from error
    if not raw.endswith(b"\n"):
        raise damaged(folder, "its manifest is cut short")
    return manifest, raw


def verify_release(folder: Path, trusted: tuple[VerifyKey, ...] | None = None) -> tuple[Manifest, VerifyKey]:
    """Check that a release is whole and signed.

    Parameters
    ----------
    folder : Path
    trusted : tuple of VerifyKey, optional
        Keys that may sign; None accepts any key, which is returned for the caller to judge.

    Returns
    -------
    (Manifest, VerifyKey)
        The manifest, and the key that signed it.

    Raises
    ------
    ReleaseError
        Naming every file that is missing, changed or not listed, the signature that does not hold, or the key that is
        not trusted.
    """
    manifest, raw = _manifest_of(folder)
    try:
        written = read_regular(folder / SIGNATURE)
        signed = msgspec.json.decode(written, type=_Signature)
        key, signature = VerifyKey(signed.key), base64.b64decode(signed.signature)
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise damaged(folder, "its signature is missing or cannot be read") from error
    # One spelling only: base64 has several for the same bytes, and each byte of a release counts.
    if written != _signature_file(key, signature) or not key.is_valid(raw, signature):
        raise damaged(folder, "the signature does not belong to its manifest")
    faults = _file_faults(folder, manifest)
    if faults:
        raise damaged(folder, "; ".join(faults))
    if trusted is not None and key not in trusted:
        raise ReleaseError(
            f"release {manifest.release_id} is signed by a key that is not trusted here: {key.text}",
            why="Anyone can sign; only this site's own key and those that it declares say that a text is official.",
            fix="Ask its publisher for their key. If it is this one, write it under `trusted_keys` of `knowledge` in "
            "nation.yaml; if not, `daulat knowledge build` and `publish` make a release of your own.",
            code=UNTRUSTED,
        )
    return manifest, key


def _file_faults(folder: Path, manifest: Manifest) -> list[str]:
    listed = {*manifest.files, MANIFEST, SIGNATURE}
    parents = {str(parent) for name in manifest.files for parent in PurePosixPath(name).parents}
    present = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    faults = []
    for name, path in sorted(present.items()):
        is_folder = path.is_dir() and not path.is_symlink()
        if name not in listed and not (is_folder and name in parents):
            faults.append(f"{name} is not in the manifest")
    for name in sorted(listed):
        entry = manifest.files.get(name)
        if name not in present:
            faults.append(f"{name} is missing")
        elif present[name].is_symlink() or not present[name].is_file():
            faults.append(f"{name} is {'a link' if present[name].is_symlink() else kind_of(present[name])} and no file")
        elif entry and (fault := _fault_of(present[name], entry)):
            faults.append(f"{name} {fault}")
    return faults


def _fault_of(path: Path, entry: FileEntry) -> str:
    try:
        if (size := path.stat().st_size) != entry.size:
            return f"has {size} bytes, not {entry.size}"
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if same else "has another sha256"


def damaged(folder: Path, how: str) -> ReleaseError:
    """Return the error that says how a release is not what was signed."""
    return ReleaseError(
        f"the release in {folder} is not whole: {how}",
        why="An answer from it could quote a text that nobody published.",
        fix="Build or fetch it again; `daulat knowledge list` shows which others here can be put in use.",
        code="knowledge.release.damaged",
    )
