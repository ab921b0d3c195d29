# SPDX-License-Identifier: Apache-2.0
"""A model of some kilobytes, made on the spot: real weights for a real llama.cpp, with nothing to download.

It has one layer and random numbers, so what it says means nothing; that it streams it and stops is what tests need.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

UINT32, FLOAT32, STRING, ARRAY = 4, 6, 8, 9
INT32 = 5
CHAT_TEMPLATE = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}"
_WIDTH, _FEED_FORWARD = 32, 64


def text(value: str) -> bytes:
    """Write a GGUF string."""
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, kind: int, value: bytes) -> bytes:
    """Write one key and value."""
    return text(key) + struct.pack("<I", kind) + value


def array(kind: int, items: list[bytes]) -> bytes:
    """Write the value of an array."""
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def uint32(value: int) -> bytes:
    """Write a 32-bit number."""
    return struct.pack("<I", value)


def write_gguf(path: Path, pairs: list[bytes], tensors: dict[str, np.ndarray] | None = None) -> Path:
    """Write a GGUF file, version 3, from pairs and float32 tensors."""
    header, body = bytearray(), bytearray()
    for name, tensor in (tensors or {}).items():
        shape = tensor.shape[::-1]
        header += text(name) + uint32(len(shape)) + b"".join(struct.pack("<Q", n) for n in shape)
        header += struct.pack("<IQ", 0, len(body))
        body += tensor.astype("<f4").tobytes()
        body += b"\0" * (-len(body) % 32)
    start = b"GGUF" + struct.pack("<IQQ", 3, len(tensors or {}), len(pairs)) + b"".join(pairs) + bytes(header)
    path.write_bytes(start + b"\0" * (-len(start) % 32) + bytes(body))
    return path


def write_tiny_model(path: Path, chat_template: str = CHAT_TEMPLATE, context_length: int = 32_768) -> Path:
    """Write a llama of one layer whose likeliest next token is always a letter."""
    letters = [f"\u2581{chr(c)}" for c in range(97, 123)] + [chr(c) for c in range(32, 127)]
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    kinds = [2, 3, 3, *([6] * 256), *([1] * len(letters))]
    tokens = [
        pair("tokenizer.ggml.model", STRING, text("llama")),
        pair("tokenizer.ggml.tokens", ARRAY, array(STRING, [text(word) for word in words])),
        pair("tokenizer.ggml.scores", ARRAY, array(FLOAT32, [struct.pack("<f", 0.0)] * len(words))),
        pair("tokenizer.ggml.token_type", ARRAY, array(INT32, [struct.pack("<i", kind) for kind in kinds])),
        pair("tokenizer.ggml.bos_token_id", UINT32, uint32(1)),
        pair("tokenizer.ggml.eos_token_id", UINT32, uint32(2)),
        pair("tokenizer.ggml.unknown_token_id", UINT32, uint32(0)),
        pair("tokenizer.chat_template", STRING, text(chat_template)),
    ]
    shape = [
        pair("general.architecture", STRING, text("llama")),
        pair("general.name", STRING, text("tiny")),
        pair("llama.context_length", UINT32, uint32(context_length)),
        pair("llama.embedding_length", UINT32, uint32(_WIDTH)),
        pair("llama.block_count", UINT32, uint32(1)),
        pair("llama.feed_forward_length", UINT32, uint32(_FEED_FORWARD)),
        pair("llama.attention.head_count", UINT32, uint32(2)),
        pair("llama.rope.dimension_count", UINT32, uint32(_WIDTH // 2)),
        pair("llama.attention.layer_norm_rms_epsilon", FLOAT32, struct.pack("<f", 1e-5)),
    ]
    return write_gguf(path, shape + tokens, _tensors(len(words), len(letters)))


def _tensors(words: int, letters: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)

    def normal(*size: int) -> np.ndarray:
        return random.standard_normal(size) * 0.2

    output = np.zeros((words, _WIDTH))
    # Letters in pairs of opposite signs: one of them always beats the zero of the tokens that end the text.
    half = normal(letters // 2, _WIDTH)
    output[-2 * (letters // 2) :] = np.concatenate([half, -half])
    return {
        "token_embd.weight": normal(words, _WIDTH),
        "output_norm.weight": np.ones(_WIDTH),
        "output.weight": output,
        "blk.0.attn_norm.weight": np.ones(_WIDTH),
        "blk.0.attn_q.weight": normal(_WIDTH, _WIDTH),
        "blk.0.attn_k.weight": normal(_WIDTH, _WIDTH),
        "blk.0.attn_v.weight": normal(_WIDTH, _WIDTH),
        "blk.0.attn_output.weight": normal(_WIDTH, _WIDTH),
        "blk.0.ffn_norm.weight": np.ones(_WIDTH),
        "blk.0.ffn_gate.weight": normal(_FEED_FORWARD, _WIDTH),
        "blk.0.ffn_up.weight": normal(_FEED_FORWARD, _WIDTH),
        "blk.0.ffn_down.weight": normal(_WIDTH, _FEED_FORWARD),
    }
