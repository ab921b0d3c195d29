# SPDX-License-Identifier: Apache-2.0
"""A model of some kilobytes, made on the spot: real weights for a real llama.cpp, with nothing to download.

It has one layer and random numbers, so what it says means nothing; that it streams it and stops is what tests need.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

UINT32, FLOAT32, STRING, ARRAY = 4, 6, 8, 9
INT32 = 5
CHAT_TEMPLATE = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}"
_WIDTH, _FEED_FORWARD = 32, 64
_LETTERS = [f"\u2581{chr(c)}" for c in range(97, 123)] + [chr(c) for c in range(32, 127)]
# What stands before them: three marks, of which one ends a text, and a token for each byte.
_FIRST, _END = 3 + 256, 2
THOUGHT_AND_ANSWER = ("<think>", "Two", "\u2581and", "\u2581two.", "</think>", "It", "\u2581is", "\u2581four.")
Tensors = dict[str, np.ndarray]


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
    return _write_llama(path, _LETTERS, chat_template, context_length, _tensors(_FIRST + len(_LETTERS), len(_LETTERS)))


def write_thinking_model(path: Path, said: Sequence[str] = THOUGHT_AND_ANSWER) -> Path:
    """Write a llama that says one thing, a token each, and then ends, whatever it was asked.

    Which token comes next depends on the one before alone: each has a direction of its own, and the output of the next
    token points there. All that is not in `said`, the end of every prompt among it, has the direction of the beginning.
    """
    assert len(said) < _WIDTH
    words = _FIRST + len(_LETTERS)
    tensors = _tensors(words + len(said), len(_LETTERS))
    silent = {
        name: np.zeros_like(value) for name, value in tensors.items() if name.endswith(("output.weight", "down.weight"))
    }
    embeddings, output = np.zeros((words + len(said), _WIDTH)), np.zeros((words + len(said), _WIDTH))
    embeddings[:words, 0] = 1.0
    for place in range(len(said)):
        output[words + place, place] = 10.0
        embeddings[words + place, place + 1] = 1.0
    output[_END, len(said)] = 10.0
    changed = {"token_embd.weight": embeddings, "output.weight": output}
    return _write_llama(path, [*_LETTERS, *said], CHAT_TEMPLATE, 32_768, tensors | silent | changed)


def _write_llama(path: Path, own: Sequence[str], chat_template: str, context_length: int, tensors: Tensors) -> Path:
    """Write a llama of one layer with a vocabulary of bytes and of words of its own."""
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *own]
    kinds = [2, 3, 3, *([6] * 256), *([1] * len(own))]
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
    return write_gguf(path, shape + tokens, tensors)


def _tensors(words: int, letters: int) -> Tensors:
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
