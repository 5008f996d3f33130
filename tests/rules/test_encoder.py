"""The semantic extra: a BERT model from a folder, and what an encoder changes in the ranking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import rules
import rules.faq
from rules import LoadResult
from rules.faq.semantic.bert import gelu, read_tensors
from rules.faq.semantic.encoder import Matrix, find_model
from rules.faq.semantic.wordpiece import WordPiece
from tests.rules.conftest import CHANNELS, decided

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "my", "order", "##s", "late", "?", "para", "##do"]
WIDTH, HEADS, LAYERS = 8, 2, 2
DESK = """
teams: {desk: {level: 1}}
fallback: {team: desk}
faq:
  - {id: late, ask: {en: [my order is late, where is it]}, answer: {en: x}}
  - {id: badge, ask: {en: [a new badge, I lost my badge]}, answer: {en: x}}
"""


def write_tensors(path: Path, tensors: dict[str, Matrix]) -> None:
    """Write a safetensors file."""
    head, body = {}, b""
    for name, tensor in tensors.items():
        data = tensor.astype(np.float32).tobytes()
        offsets = [len(body), len(body) + len(data)]
        head[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        body += data
    packed = json.dumps(head).encode()
    packed += b" " * (-len(packed) % 8)
    path.write_bytes(len(packed).to_bytes(8, "little") + packed + body)


def made_up() -> dict[str, Matrix]:
    """Return weights that no one has trained."""
    random = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": (128, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        for part, rows, columns in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", 4 * WIDTH, WIDTH),
            ("output.dense", WIDTH, 4 * WIDTH),
        ):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (rows, columns)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (rows,)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (WIDTH,)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (WIDTH,)
    return {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a very small model."""
    model = tmp_path / "model"
    model.mkdir()
    write_tensors(model / "model.safetensors", made_up())
    (model / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    about = {"model_type": "bert", "num_attention_heads": HEADS, "num_hidden_layers": LAYERS}
    (model / "config.json").write_text(json.dumps(about))
    return model


def loaded(tmp_path: Path, model: str, cache: Path | None = None) -> LoadResult:
    """Return the small desk, read with a model."""
    book = tmp_path / "rules"
    book.mkdir(exist_ok=True)
    (book / "a.yaml").write_text(DESK)
    return rules.load(
        book, languages=("en",), max_wrong=0.05, channels=CHANNELS, model=model, cache=cache
    )


def test_words_are_cut_into_the_longest_pieces(folder: Path) -> None:
    """Case and accents do not matter; a word without pieces is unknown."""
    pieces = WordPiece(folder / "vocab.txt")

    assert pieces.split("My ORDERS?") == [2, 4, 5, 6, 8, 3]
    assert pieces.split("parádo xyz") == [2, 9, 10, 1, 3]
    assert pieces.split("") == [2, 3]


def test_vectors_have_length_one_whatever_stands_beside_them(folder: Path) -> None:
    """A text means the same alone and in a batch with longer ones."""
    model = find_model(str(folder))

    alone = model.encode(["my order"])
    beside = model.encode(["my orders late? my orders late", "my order", ""])

    assert np.linalg.norm(beside, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert beside[1] == pytest.approx(alone[0], abs=1e-5)
    assert np.abs(beside[0] - alone[0]).max() > 1e-3


def test_gelu_is_that_of_the_normal_distribution() -> None:
    """The series agrees with known values."""
    found = gelu(np.array([-1.0, 0.0, 1.0, 3.0], np.float32))

    assert found == pytest.approx([-0.158655, 0.0, 0.841345, 2.995950], abs=1e-5)


@pytest.mark.parametrize("damage", ["cut", "head", "config", "vocab"])
def test_a_damaged_model_is_told(folder: Path, damage: str) -> None:
    """What is no model of this kind raises what the reader of rules turns into a problem."""
    weights = folder / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "head":
        weights.write_bytes(b"\xff" * 64)
    elif damage == "config":
        (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    else:
        (folder / "vocab.txt").write_text("a\nb\n")

    with pytest.raises(ValueError, match=r"\S"):
        find_model(str(folder)).encode(["test"])


def test_tensors_keep_their_shape(folder: Path) -> None:
    """Names, shapes and numbers come back."""
    tensors = read_tensors(folder / "model.safetensors")
    name = "embeddings.word_embeddings.weight"

    assert np.array_equal(tensors[name], made_up()[name])


def test_a_missing_model_is_a_problem_of_the_book(tmp_path: Path) -> None:
    """Checking the desk says that the model is not there, and what one looks like."""
    result = loaded(tmp_path, "no/such/folder")

    errors = [str(problem) for problem in result.problems if problem.severity == "error"]
    assert result.book is None
    assert ["[faq] model" in error for error in errors] == [True]


def test_a_book_with_a_model_decides(tmp_path: Path, folder: Path) -> None:
    """A model in a folder has its say."""
    book = loaded(tmp_path, str(folder)).book

    assert book is not None
    assert decided(book, "I lost my badge").near[0].faq == "badge"


def test_what_was_learned_with_a_model_is_kept_for_it_alone(tmp_path: Path, folder: Path) -> None:
    """The second reading decides the same without learning; another model learns anew."""
    cache = tmp_path / "cache"
    first = loaded(tmp_path, str(folder), cache).book

    second = loaded(tmp_path, str(folder), cache).book

    assert first is not None
    assert second is not None
    assert decided(first, "my orders late") == decided(second, "my orders late")
    assert len(list(cache.iterdir())) == 1
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "name": "another"}))
    loaded(tmp_path, str(folder), cache)
    assert len(list(cache.iterdir())) == 2


class Synonyms:
    """An encoder that knows two meanings, by whatever words."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        money = [any(w in t for w in ("refund", "money", "reimburse")) for t in texts]
        return np.array([[1.0, 0.0] if found else [0.0, 1.0] for found in money], np.float32)


def test_meaning_finds_other_words_for_the_same_thing() -> None:
    """With an encoder, a question that shares no word with its entry finds it."""
    entries = [
        {"id": "a", "lang": "en", "phrasings": ["I want a refund", "give my money back"]},
        {"id": "b", "lang": "en", "phrasings": ["where is the parcel", "track my delivery"]},
    ]

    meant = rules.faq.build(entries, encoder=Synonyms()).rank("please reimburse", 2)
    plain = dict(rules.faq.build(entries).rank("please reimburse", 2))

    assert meant[0][0] == "a"
    assert plain.get("a", 0.0) < meant[0][1]
