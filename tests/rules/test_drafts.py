"""Words for a new entry: how somebody asked, without what belongs to them alone."""

from __future__ import annotations

import pytest

from rules.faq.solved.drafts import new_id, phrasings_of


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Badge", "The badge reader blinks", ["The badge reader blinks"]),
        (
            "Toner",
            "Olá,\n\nComo troco o toner? A impressora não imprime.\n\nObrigado,\nRui Costa\n",
            [
                "Como troco o toner? A impressora não imprime.",
                "Como troco o toner?",
                "A impressora não imprime.",
            ],
        ),
        ("Opening hours", "When are you open?", ["When are you open?", "Opening hours"]),
        ("", "Hi, how do I pair the badge? thx", ["How do I pair the badge?"]),
        ("", "Cześć Ana, mam pytanie: gdzie jest toner?", ["Gdzie jest toner?"]),
        ("", "Buonas tardes, dónde está el tóner", ["Buonas tardes, dónde está el tóner"]),
        ("", "Could you please tell me where's the toner?", ["Where's the toner?"]),
        ("", "Order no. 5512001. The toner for a@b.example is empty.", []),
        ("", "Hello,\nThanks", []),
        ("", "", []),
        ("", "Help?", ["Help?"]),
    ],
)
def test_a_request_becomes_phrasings(subject, text, expected) -> None:
    """Its own spelling; no greeting, thanks or name; a single word only where it is all."""
    assert phrasings_of(subject, text) == expected


def test_a_long_request_is_not_a_phrasing_as_a_whole() -> None:
    """Its questions come first, and a few suffice."""
    text = "The door does not open any more. " * 8 + "How do I reach the garage?"

    assert phrasings_of("Door of the house", text) == [
        "How do I reach the garage?",
        "The door does not open any more.",
        "Door of the house",
    ]


def test_ids_speak_and_are_new() -> None:
    """Words of meaning, as they come; a number where the id is taken."""
    assert new_id(["How do I pair the badge reader?"], ()) == "pair-badge-reader"
    assert new_id(["Żółć łódź"], ()) != ""
    assert new_id(["the"], {"new-entry", "new-entry-2"}) == "new-entry-3"
