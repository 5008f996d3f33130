"""Texts as vectors of meaning by a model that the admin brings: BERT on numpy.

A model is a folder, or an installed package that carries one: a BERT encoder with mean pooling as
Sentence Transformers store it (``config.json``, ``vocab.txt``, ``model.safetensors``), for instance
all-MiniLM-L6-v2. Nothing is ever downloaded. Imported only where a desk names such a model.

The forward pass is that of "BERT: Pre-training of Deep Bidirectional Transformers" (Devlin et al.,
2018), the file format that of https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.faq.semantic.encoder import Matrix, digest_of_files
from rules.faq.semantic.wordpiece import WordPiece

MOST_PIECES = 128
"""A text is read this far: what a sentence-transformer of this size was trained on."""

_BATCH = 32
_MOST_HEAD = 10_000_000
_FILES = ("config.json", "vocab.txt", "model.safetensors")
_LAYER = "encoder.layer."


@dataclass(frozen=True, slots=True)
class BertModel:
    """A model on disk. See `rules.faq.semantic.encoder.Model`."""

    folder: str

    def encode(self, texts: Sequence[str]) -> Matrix:
        """See `Encoder.encode`."""
        return _loaded(self.folder).encode(texts)

    def digest(self) -> str:
        """See `Model.digest`."""
        return digest_of_files(Path(self.folder) / name for name in _FILES)


def find_bert(name: str) -> BertModel:
    """Return the model in a folder, or in a folder of an installed package of that name."""
    folder = Path(name)
    if not folder.is_dir():
        # Not imported: a package may well load a whole framework when it is.
        found = find_spec(name) if name.isidentifier() else None
        places = list(found.submodule_search_locations or ()) if found else []
        folder = next(
            (path.parent for place in places for path in Path(place).rglob("model.safetensors")),
            folder,
        )
    return BertModel(str(folder))


@lru_cache(maxsize=2)
def _loaded(folder: str) -> Bert:
    return Bert(Path(folder))


class Bert:
    """An encoder of the BERT family with mean pooling."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
            raise ValueError(f"{folder}: not a BERT model with gelu")
        self._heads = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config.get("layer_norm_eps", 1e-12))
        self._pieces = WordPiece(folder / "vocab.txt")
        self._weights = read_tensors(folder / "model.safetensors")

    def encode(self, texts: Sequence[str]) -> Matrix:
        """See `Encoder.encode`."""
        pieces = [self._pieces.split(text)[:MOST_PIECES] for text in texts]
        order = sorted(range(len(texts)), key=lambda place: len(pieces[place]))
        width = self._weights["embeddings.word_embeddings.weight"].shape[1]
        rows = np.zeros((len(texts), width), np.float32)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            rows[batch] = self._forward([pieces[place] for place in batch])
        return rows

    def _forward(self, pieces: Sequence[Sequence[int]]) -> Matrix:
        longest = max(map(len, pieces))
        ids = np.zeros((len(pieces), longest), np.int64)
        there = np.zeros((len(pieces), longest), np.float32)
        for place, found in enumerate(pieces):
            ids[place, : len(found)] = found
            there[place, : len(found)] = 1.0
        state = self._embed(ids, longest)
        hidden = ((1.0 - there) * np.float32(-1e9))[:, None, None, :]
        for layer in range(self._layers):
            state = self._layer(f"{_LAYER}{layer}.", state, hidden)
        mean = (state * there[:, :, None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9))

    def _embed(self, ids: NDArray[np.int64], longest: int) -> Matrix:
        weights = self._weights
        state = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][:longest]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        return self._norm("embeddings.LayerNorm", state)

    def _layer(self, name: str, state: Matrix, hidden: Matrix) -> Matrix:
        size, longest, width = state.shape
        shape = (size, longest, self._heads, width // self._heads)

        def split(part: str) -> Matrix:
            return self._linear(f"{name}attention.self.{part}", state).reshape(shape).swapaxes(1, 2)

        match = split("query") @ split("key").swapaxes(2, 3) / np.float32(math.sqrt(shape[3]))
        match = np.exp(match + hidden - (match + hidden).max(axis=-1, keepdims=True))
        seen = (match / match.sum(axis=-1, keepdims=True)) @ split("value")
        mixed = self._linear(
            f"{name}attention.output.dense", seen.swapaxes(1, 2).reshape(size, longest, width)
        )
        state = self._norm(f"{name}attention.output.LayerNorm", state + mixed)
        wide = gelu(self._linear(f"{name}intermediate.dense", state))
        return self._norm(
            f"{name}output.LayerNorm", state + self._linear(f"{name}output.dense", wide)
        )

    def _linear(self, name: str, state: Matrix) -> Matrix:
        result: Matrix = state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _norm(self, name: str, state: Matrix) -> Matrix:
        middle = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((middle**2).mean(axis=-1, keepdims=True) + self._epsilon)
        result: Matrix = (
            middle / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        )
        return result


def gelu(state: Matrix) -> Matrix:
    """Return x times the normal distribution's share below x.

    The error function by Abramowitz and Stegun 7.1.26, whose error is below 2e-7.
    """
    scaled = np.abs(state) * np.float32(1 / math.sqrt(2))
    step = 1 / (1 + np.float32(0.3275911) * scaled)
    series = np.zeros_like(step)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(factor)) * step
    error = np.sign(state) * (1 - series * np.exp(-scaled * scaled))
    return np.asarray(np.float32(0.5) * state * (1 + error))


_KINDS: Mapping[str, Any] = {"F32": np.float32, "F16": np.float16}


def read_tensors(path: Path) -> dict[str, Matrix]:
    """Return the tensors of a safetensors file, mapped into memory.

    Raises:
        ValueError: it is damaged, or holds other numbers than floats.
    """
    data = np.memmap(path, np.uint8, "r")
    size = int.from_bytes(data[:8].tobytes(), "little")
    if not 0 < size <= min(len(data) - 8, _MOST_HEAD):
        raise ValueError(f"{path}: not a safetensors file")
    found: dict[str, Matrix] = {}
    for name, about in json.loads(data[8 : 8 + size].tobytes()).items():
        if name == "__metadata__" or about["dtype"] not in _KINDS:
            continue
        start, end = (8 + size + int(place) for place in about["data_offsets"])
        if not 8 + size <= start <= end <= len(data):
            raise ValueError(f"{path}: {name} lies outside the file")
        tensor = data[start:end].view(_KINDS[about["dtype"]]).reshape(about["shape"])
        found[name.removeprefix("bert.")] = tensor.astype(np.float32, copy=False)
    return found
