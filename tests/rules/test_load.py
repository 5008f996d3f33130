"""Loading a folder: every mistake with its place, and the examples that prove the rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import rules
from gateway.model.people import Agent, Place, Replies, Team
from tests.rules.conftest import CHANNELS, DESK, decided


def said(result: rules.LoadResult) -> list[str]:
    """Return the problems as people read them, without the folder."""
    return [Path(p.file).name + str(p)[len(p.file) :] for p in result.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rutes: []", "8:1: unknown key 'rutes' (did you mean 'routes'?)"),
        ("routes: {}", "8:9: routes: expected a list, found keys"),
        ("routes: [x]", "8:10: route: expected keys, found 'x'"),
        ("routes: [{when: {}, then: {team: desk}}]", "8:10: route: id is missing"),
        ("routes: [{id: a, then: {team: desk}}]", "8:10: route: when is missing"),
        ("routes: [{id: a, when: {}}]", "8:10: route: then is missing"),
        ("routes: [{id: fallback, when: {}, then: {team: desk}}]", "the id 'fallback' is taken"),
        ("routes: [{id: 'a b', when: {}, then: {team: desk}}]", "8:15: id: 'a b' is no id"),
        ("routes: [{id: a, wen: {}, when: {}, then: {team: desk}}]", "did you mean 'when'?"),
        ("routes: [{id: a, when: {word: x}, then: {team: desk}}]", "did you mean 'words'?"),
        (
            "routes: [{id: a, when: {hours: open}, then: {team: desk}}]",
            "8:32: hours: there is no calendar that says when the desk is open (add calendar:",
        ),
        ("routes: [{id: a, when: {words: []}, then: {team: desk}}]", "words: the list is empty"),
        ("routes: [{id: a, when: {words: ['!']}, then: {team: desk}}]", "there is no word in '!'"),
        (
            "routes: [{id: a, when: {known: yes}, then: {team: desk}}]",
            "8:32: known: expected true or false, found 'yes' (write true)",
        ),
        ("routes: [{id: a, when: {kind: emial}, then: {team: desk}}]", "did you mean 'email'?"),
        ("routes: [{id: a, when: {language: pt}, then: {team: desk}}]", "expected en, found 'pt'"),
        ("routes: [{id: a, when: {open_tickets: many}, then: {team: desk}}]", "expected a number"),
        (
            "routes: [{id: a, when: {attachments: {larger_than: big}}, then: {team: desk}}]",
            "expected a size such as 5 MB, found 'big'",
        ),
        ("routes: [{id: a, when: {any: x}, then: {team: desk}}]", "any: expected conditions"),
        ("routes: [{id: a, when: {none: []}, then: {team: desk}}]", "there is no condition here"),
        ("routes: [{id: a, when: {}, then: {}}]", "then: there is no outcome here"),
        (
            "routes: [{id: a, when: {}, then: {team: networ}}]",
            "8:41: team 'networ' is not defined (did you mean 'network'?)",
        ),
        ("routes: [{id: a, when: {}, then: {answer: x}}]", "faq entry 'x' is not defined"),
        ("routes: [{id: a, when: {}, then: {team: desk, ignore: x}}]", "exclude each other"),
        ("routes: [{id: a, when: {}, then: {level: 2}}]", "'level' needs a team beside it"),
        (
            "routes: [{id: a, when: {}, then: {team: desk, level: 5}}]",
            "expected a whole number from 1 to 4, found '5'",
        ),
        ("routes: [{id: a, when: {}, then: {priority: hihg}}]", "did you mean 'high'?"),
        (
            "routes: [{id: a, when: {}, then: {ask: [site]}}]",
            "8:40: form 'site' is not defined",
        ),
        (
            (
                "routes: [{id: a, when: {automatic: true}, then: {answer: hours}}]\n"
                "faq: [{id: hours, ask: {en: [Open?]}, answer: {en: x}}]"
            ),
            "an automatic message never gets an automatic answer",
        ),
        (
            (
                "routes: [{id: a, when: {}, then: {answer: hours}}]\n"
                "faq: [{id: hours, auto: false, ask: {en: [Open?]}, answer: {en: x}}]"
            ),
            "faq entry 'hours' has auto: false",
        ),
        ("faq: [{id: a, answer: {en: x}}]", "8:7: faq: ask is missing"),
        ("faq: [{id: a, ask: {en: [x]}}]", "8:7: faq: answer is missing"),
        ("faq: [{id: a, ask: {en: ['?']}, answer: {en: x}}]", "there is no word in '?'"),
        ("faq: [{id: a, ask: [x], answer: {en: x}}]", "ask: expected keys, found a list"),
        ("fallback: {team: desk}", "8:1: the key 'fallback' stands here twice"),
        ("agents: {ana: {naem: x}}", "agent ana: unknown key 'naem' (did you mean 'name'?)"),
    ],
)
def test_mistakes_are_named_with_their_place(load, text: str, problem: str) -> None:
    """One mistake is one clear error, with line, column and what was meant."""
    result = load(DESK.strip() + "\n\n\n\n" + text)

    errors = [line for line in said(result) if "warning" not in line]
    assert result.book is None
    assert any(problem in line for line in errors), errors


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("teams: {a: {}}", "team a: level is missing"),
        ("teams: {a: {level: 7}}", "from 1 to 4, found '7'"),
        ("teams: {a: {level: 1, tell: ['nowhere']}}", "'nowhere' is not a place"),
        ("teams: {a: {level: 1, tell: ['slak:#x']}}", "did you mean 'slack'?"),
        ("teams: {a: {level: 1, tell: ['email:a@b.example']}}", "more than one email channel"),
        ("teams: {a: {level: 1, agents: [bob]}}", "agent 'bob' is not defined"),
        ("teams: {a: {level: 1, next: b}}", "team 'b' is not defined"),
        ("teams: {a: {level: 1, replies: loud}}", "expected explicit or thread"),
        ("teams: {a: {level: 1}}\nfallback: {}", "fallback: team is missing"),
        ("teams: {a: {level: 1}}\nfallback: {team: b}", "team 'b' is not defined"),
        ("teams: {a: {level: 1}}", "fallback is missing"),
    ],
)
def test_mistakes_in_the_directory(load, text: str, problem: str) -> None:
    """Teams, agents and places refer to each other and to channels that exist."""
    result = load(text)

    assert any(problem in line for line in said(result)), said(result)
    assert result.book is None


def test_a_team_may_ask_whatever_else_is_wrong(load) -> None:
    """Questions go together with a team; only what stands beside both is one too many."""
    then = "{team: desk, ask: [site], ignore: x}"
    lines = said(load(f"{DESK}routes: [{{id: a, when: {{}}, then: {then}}}]\n"))

    assert [line for line in lines if "exclude each other" in line] == [
        line for line in lines if line.endswith("'team' and 'ignore' exclude each other")
    ]
    assert any("exclude" in line for line in lines)


def test_directory_is_read(load) -> None:
    """Teams and agents arrive as the journey knows them; a kind stands for its only channel."""
    book = load(
        "teams:\n"
        "  net: {level: 2, tell: ['slack:#net', 'sales-mail:a@b.example'], agents: [ana],\n"
        "        next: top, private: true, replies: explicit}\n"
        "  top: {level: 3, tell: [], agents: []}\n"
        "agents: {ana: {name: Ana, email: Ana@corp.example, slack: U1, level: 2, languages: en}}\n"
        "fallback: {team: top}\n"
    ).book

    assert book.teams["net"] == Team(
        id="net",
        level=2,
        tell=(Place("help-chat", "#net"), Place("sales-mail", "a@b.example")),
        agents=("ana",),
        next_team="top",
        private=True,
    )
    assert book.agents["ana"] == Agent(
        id="ana",
        name="Ana",
        level=2,
        addresses={"email": "ana@corp.example", "slack": "U1"},
        languages=("en",),
    )


def test_all_problems_are_listed_at_once(load) -> None:
    """Nobody mends one mistake to meet the next."""
    result = load(
        DESK + "rutes: []\nroutes:\n  - {id: a, when: {wrods: x}, then: {team: x}}\nfqa: 1"
    )

    assert len([p for p in result.problems if p.severity == "error"]) == 4


def test_ids_are_unique_over_all_files(load) -> None:
    """The second use of an id names the first."""
    rule = "routes: [{id: same, when: {words: [%s]}, then: {team: desk}}]"

    result = load(DESK + rule % "a", b=rule % "b")

    assert any("b.yaml:1:15: the route id 'same' is used twice" in line for line in said(result))


def test_fallback_stands_once_over_all_files(load) -> None:
    """Two fallbacks are one too many."""
    result = load(DESK, b="fallback: {team: network}")

    assert any("'fallback' is used twice" in line for line in said(result))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("when: {}, then: {team: desk}", "when: {words: [a]}, then: {team: network}"),
        ("when: {words: [a]}, then: {ignore: x}", "when: {words: [A]}, then: {team: network}"),
        (
            "when: {words: [a]}, then: {team: desk}",
            "when: {words: [a], known: true}, then: {priority: high, team: network}",
        ),
        (
            "when: {words: [a]}, then: {team: desk}, before_faq: true",
            "when: {words: [a]}, then: {team: network}",
        ),
        ("when: {words: [a]}, then: {team: desk}", "when: {words: [b, a]}, then: {team: network}"),
        ("when: {words: [a]}, then: {team: desk}", "when: {phrase: b a c}, then: {team: network}"),
        (
            "when: {any_words: [a, b, c]}, then: {team: desk}",
            "when: {any_words: [c, a x]}, then: {team: network}",
        ),
        (
            "when: {any_words: [a, b]}, then: {team: desk}",
            "when: {subject: {words: [b]}}, then: {team: network}",
        ),
        (
            "when: {channel: [support-mail, help-chat]}, then: {team: desk}",
            "when: {channel: help-chat, words: [a]}, then: {team: network}",
        ),
        (
            "when: {from: '*@a.example'}, then: {team: desk}",
            "when: {from: [x@a.example, '*@A.example']}, then: {team: network}",
        ),
        (
            "when: {any: [{words: [a]}, {language: en}]}, then: {team: desk}",
            "when: {words: [a, b]}, then: {team: network}",
        ),
        (
            "when: {words: [a]}, then: {team: desk}",
            "when: {any: [{words: [a, b]}, {phrase: c a}]}, then: {team: network}",
        ),
        (
            "when: {none: {known: true}}, then: {team: desk}",
            "when: {none: [{known: true}, {words: [a]}]}, then: {team: network}",
        ),
        (
            "when: {weekday: mon-fri}, then: {team: desk}",
            "when: {weekday: [tue, wed]}, then: {team: network}",
        ),
        (
            "when: {pattern: [a+, b+]}, then: {team: desk}",
            "when: {subject: {pattern: b+}}, then: {team: network}",
        ),
    ],
)
def test_rules_that_can_never_fire_are_errors(load, first: str, second: str) -> None:
    """What an earlier rule always takes is dead, and that is surely not meant."""
    result = load(DESK + f"routes:\n  - {{id: one, {first}}}\n  - {{id: two, {second}}}\n")

    assert any("route two can never fire: one decides first" in line for line in said(result))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("when: {words: [a]}, then: {tags: [x]}", "when: {words: [a]}, then: {team: desk}"),
        (
            "when: {words: [a], known: true}, then: {team: desk}",
            "when: {words: [a]}, then: {team: network}",
        ),
        (
            "when: {}, then: {team: desk}",
            "when: {words: [a]}, then: {team: network}, before_faq: true",
        ),
        ("when: {}, then: {team: desk}", "when: {automatic: true}, then: {team: network}"),
        (
            "when: {priority: high}, then: {team: desk}",
            "when: {priority: high, words: [a]}, then: {team: network}",
        ),
        ("when: {words: [a, b]}, then: {team: desk}", "when: {words: [a]}, then: {team: network}"),
        (
            "when: {subject: {words: [a]}}, then: {team: desk}",
            "when: {words: [a]}, then: {team: network}",
        ),
        (
            "when: {any_words: [a, b]}, then: {team: desk}",
            "when: {any_words: [a, c]}, then: {team: network}",
        ),
        (
            "when: {none: {any: [{tags: x}]}}, then: {team: desk}",
            "when: {none: {any: [{tags: x}]}, words: [a]}, then: {team: network}",
        ),
    ],
)
def test_rules_that_can_fire_are_left_alone(load, first: str, second: str) -> None:
    """No rule is called dead that may still decide something."""
    result = load(DESK + f"routes:\n  - {{id: one, {first}}}\n  - {{id: two, {second}}}\n")

    assert result.book is not None


def example(when: str, examples: str) -> str:
    """Return a rule file with one rule and its examples."""
    return (
        DESK
        + f"routes:\n  - {{id: r, when: {when}, then: {{team: network}}, examples: {examples}}}"
    )


@pytest.mark.parametrize(
    ("when", "examples"),
    [
        ("{words: [vpn], channel: help-chat, known: true}", "{match: [my vpn], no_match: [wifi]}"),
        ("{subject: {words: [vpn]}}", "{match: {subject: VPN}, no_match: [vpn]}"),
        ("{from: '*@a.example'}", "{match: {from: x@a.example}, no_match: [{from: x@b.example}]}"),
        ("{to: a@b.example}", "{match: {to: [a@b.example]}, no_match: {to: c@d.example}}"),
        ("{kind: slack}", "{match: {channel: help-chat}, no_match: {channel: support-mail}}"),
        (
            "{attachments: {name: '*.pdf'}}",
            "{match: {attachments: [a.pdf]}, no_match: {attachments: false}}",
        ),
        ("{any: [{words: [a]}, {spam: true}]}", "{match: [a, b]}"),
        (
            "{weekday: sat-sun, words: [a]}",
            "{match: {at: '2026-03-07 10:00', text: a}, no_match: {at: 2026-03-06 10:00, text: a}}",
        ),
        ("{none: [{words: [a]}, {spam: true}]}", "{match: [b], no_match: [a]}"),
    ],
)
def test_examples_that_hold(load, when: str, examples: str) -> None:
    """A plain text fulfils whatever is not about text; a mapping states more."""
    assert said(load(example(when, examples))) == []


@pytest.mark.parametrize(
    ("when", "examples", "problem"),
    [
        (
            "{words: [vpn]}",
            "{match: [my wifi]}",
            "does not match this example: words: expected all of: vpn; found my wifi (without vpn)",
        ),
        ("{words: [vpn]}", "{no_match: [my vpn]}", "matches this example, and should not"),
        ("{from: a@b.example}", "{match: {from: c@d.example}}", "from: expected a@b.example"),
        ("{words: [a]}", "{match: {txt: a}}", "did you mean 'text'?"),
        ("{words: [a]}", "{match: {text: a, at: now}}", "at: expected day and time, found 'now'"),
        ("{words: [a]}", "{matches: [a]}", "did you mean 'match'?"),
    ],
)
def test_examples_that_fail_are_errors_with_the_reason(
    load, when: str, examples: str, problem: str
) -> None:
    """A failing example names the condition, what it wanted and what was there."""
    result = load(example(when, examples))

    assert result.book is None
    assert any(problem in line for line in said(result)), said(result)


def test_example_that_another_rule_decides_is_a_warning(load) -> None:
    """A rule may be right and still never be asked."""
    result = load(
        DESK
        + """
routes:
  - {id: one, when: {words: [vpn]}, then: {team: desk}, examples: {match: [vpn]}}
  - {id: two, when: {words: [down]}, then: {team: network}, examples: {match: [vpn down]}}
"""
    )

    assert result.book is not None
    assert [
        "this example of route two would be decided by route one" in s for s in said(result)
    ] == [True]


def test_missing_examples_are_a_warning(load) -> None:
    """Rules without proof are named, and work."""
    result = load(DESK + "routes: [{id: a, when: {words: [x]}, then: {team: desk}}]")

    assert said(result) == ["a.yaml:6:15: warning: route a has no examples"]


def test_many_without_examples_are_one_warning(load) -> None:
    """What matters beside it shall be seen; the names are all there."""
    route = "  - {{id: {}, when: {{words: [{}]}}, then: {{team: desk}}}}"
    routes = "\n".join(route.format(name, name) for name in "abcdef")
    result = load(f"{DESK}routes:\n{routes}")

    assert said(result) == [
        (
            "a.yaml:7:10: warning: route a has no examples, nor have 5 more in this file:"
            " route b, route c, route d, route e, route f"
        )
    ]


ENTRY = (
    DESK
    + """
faq:
  - id: password
    ask: {en: [How do I reset my password?, I forgot my password, I need a new password]}
    answer: {en: x}
    examples: %s
  - id: parcel
    ask: {en: [Where is my parcel?, When will my parcel arrive?, Track my delivery]}
    answer: {en: x}
    examples: {match: [Where is my parcel]}
"""
)


@pytest.mark.parametrize(
    ("examples", "problem"),
    [
        ("{match: [I have forgotten my password], no_match: [my password manager crashes]}", None),
        ("{match: [Where is my parcel?]}", "error"),
        ("{match: [What is the weather in Lisbon?]}", "error"),
        ("{no_match: [I forgot my password]}", "error"),
        ("{match: ['no way to log in, lost the password']}", "warning"),
    ],
)
def test_faq_examples_are_proved_without_having_learned_them(
    load, examples: str, problem: str | None
) -> None:
    """An example proves the phrasings: a wrong one fails, a distant one is a warning."""
    result = load(ENTRY % examples)

    assert {p.severity for p in result.problems} == ({problem} if problem else set())


def test_faq_examples_teach_the_book(load) -> None:
    """What stands under ``match`` is answered from then on, as if it were a phrasing."""
    book = load(ENTRY % "{match: ['no way to log in, lost the password']}").book

    assert decided(book, "No way to log in, lost the password!").outcome.faq == "password"


def test_missing_languages_are_warnings(load) -> None:
    """An entry that lacks one of the desk's languages says which."""
    result = load(ENTRY % "{match: [I forgot my password]}", languages=("en", "pt"))

    assert any("faq password: answer is missing in pt" in line for line in said(result))
    assert result.book is not None


def test_unspoken_languages_are_one_warning(load) -> None:
    """Entries in a language that the desk does not speak are left out, and said once."""
    entry = "  - {id: %s, ask: {en: [%s], pt: [x]}, answer: {en: x, pt: x}, examples: {}}\n"
    result = load(DESK + "faq:\n" + entry % ("a", "one thing") + entry % ("b", "other stuff"))

    assert len([line for line in said(result) if "does not speak 'pt'" in line]) == 1


@pytest.mark.parametrize("languages", [("en",), ("pl", "es")])
def test_what_a_new_desk_begins_with_is_right_in_fewer_languages(languages) -> None:
    """Examples go with the phrasings of their language: a desk in English needs no editing."""
    result = rules.load(
        rules.starter_folder(), languages=languages, max_wrong=0.05, channels=CHANNELS
    )

    assert [line for line in said(result) if " warning: " not in line] == []
    assert result.book is not None


def test_examples_in_a_language_that_is_spoken_are_tried(load) -> None:
    """What was left out of an entry excuses no other example of it."""
    entry = """
  - id: badge
    ask: {en: [Where do I get a new badge?, My badge is lost], pt: [Perdi o meu cartão de acesso]}
    answer: {en: x, pt: x}
    examples: {match: [Onde está o meu cartão de acesso?, Who waters the plants in the office?]}
"""
    result = load(ENTRY % "{match: [I forgot my password]}" + entry)

    [fault] = [line for line in said(result) if "does not answer this example" in line]
    assert ":20:59: faq badge does not answer" in fault


def test_channels_that_are_not_configured_are_a_warning(load) -> None:
    """A channel may be switched off for a while; a kind in its place is pointed out."""
    result = load(
        DESK
        + "routes: [{id: a, when: {channel: [email, x]}, then: {team: desk}, examples: {match: x}}]"
    )

    assert [p.suggestion for p in result.problems] == ["write kind: email", None]
    assert result.book is not None


def test_files_are_read_in_path_order_at_any_depth(tmp_path: Path) -> None:
    """Folders are read with their files; hidden names and other endings are not."""
    rule = "routes: [{id: %s, when: {words: [%s]}, then: {team: desk}, examples: {match: %s}}]"
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.yaml").write_text(DESK)
    (tmp_path / "b" / "one.yml").write_text(rule % ("one", "x", "x"))
    (tmp_path / "c.yaml").write_text(rule % ("two", "y", "y"))
    for hidden in (".hidden.yaml", ".git/x.yaml", "notes.txt", "c.yaml~"):
        (tmp_path / hidden).write_text("][")

    result = rules.load(tmp_path, languages=("en",), max_wrong=0.05, channels=CHANNELS)

    assert said(result) == []
    assert [route.id for route in result.book.plan.routes] == ["one", "two"]


def test_hash_follows_the_content(load) -> None:
    """The same files make the same hash, any change another."""
    assert load(DESK).book.hash == load(DESK).book.hash
    assert load(DESK).book.hash != load(DESK + " # x").book.hash


def test_missing_folder_is_a_problem(tmp_path: Path) -> None:
    """A wrong path is said, not raised."""
    result = rules.load(tmp_path / "none", languages=("en",), max_wrong=0.05)

    assert result.book is None
    assert "there are no rule files here" in str(result.problems[0])


def test_unreadable_files_are_problems(tmp_path: Path) -> None:
    """A dangling link or a pipe in the folder is said, not raised, and not waited for."""
    (tmp_path / "a.yaml").write_text(DESK)
    (tmp_path / "b.yaml").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "c.yaml")

    result = rules.load(tmp_path, languages=("en",), max_wrong=0.05)

    assert [p.message for p in result.problems] == ["this is not a file that can be read"] * 2


def test_progress_is_told(tmp_path: Path) -> None:
    """Whoever waits for a large book hears how far it is."""
    told: list[tuple[str, int, int]] = []
    (tmp_path / "a.yaml").write_text(DESK)

    rules.load(
        tmp_path, languages=("en",), max_wrong=0.05, progress=lambda *step: told.append(step)
    )

    assert told == [("reading", 0, 1), ("reading", 1, 1), ("examples", 0, 0)]


def test_shared_phrasings_are_a_warning(load) -> None:
    """Two entries that ask alike never answer, and conditions on both excuse it."""
    entry = "  - {id: %s, %sask: {en: [%s]}, answer: {en: x}, examples: {match: [%s]}}\n"
    alone = entry % ("a", "", "Where is it?", "x") + entry % ("b", "", "where IS it", "x")
    apart = entry % ("a", "when: {kind: email}, ", "Where is it?", "Where is it?")
    apart += entry % ("b", "when: {kind: slack}, ", "Where is it?", "Where is it?")

    shared = [line for line in said(load(DESK + "faq:\n" + alone)) if "asks as" in line]
    excused = [line for line in said(load(DESK + "faq:\n" + apart)) if "asks as" in line]

    assert ["8:24: warning: faq b asks as a does" in line for line in shared] == [True]
    assert excused == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("routes: [{id: a, when: {}, then: {fields: {x: [1]}}}]", "then.fields.x: expected a text"),
        ("routes: [{id: a, when: {attachments: {}}, then: {team: desk}}]", None),
        ("faq: [{id: a, ask: {en: [x]}, answer: {en: x}, auto: 'true'}]", "expected true or false"),
        ("faq: [{id: a, ask: {en: {x: y}}, answer: {en: x}}]", "expected a text, found keys"),
    ],
)
def test_odd_shapes_are_problems(load, text: str, problem: str | None) -> None:
    """Lists and keys where a text belongs are said, not guessed at."""
    result = load(DESK + text)

    assert (problem is None) or any(problem in line for line in said(result)), said(result)


def test_examples_can_state_whole_files(load) -> None:
    """A file of an example has a name, a type and a size."""
    when = "{attachments: {type: 'image/*', larger_than: 1 MB}}"
    files = "[{name: x.png, type: image/png, size: %s}]"

    examples = "{match: {attachments: %s}, no_match: {attachments: %s}}"
    result = load(example(when, examples % (files % 2000000, files % 10)))

    assert said(result) == []


def test_faq_example_against_its_own_condition_is_an_error(load) -> None:
    """An entry's example must fulfil the entry's ``when`` as well."""
    answer = "    answer: {en: x}\n    examples: %s"
    entry = ENTRY.replace(answer, f"    when: {{channel: help-chat}}\n{answer}")

    result = load(entry % "{match: {text: I forgot my password, channel: support-mail}}")

    problem = "faq password does not match: channel: expected help-chat"
    assert any(problem in line for line in said(result))


def test_all_files_together_have_a_limit(tmp_path: Path) -> None:
    """A folder full of large files is not read to its end."""
    for number in range(13):
        (tmp_path / f"{number:02}.yaml").write_text("]" + " " * 1_000_000)

    result = rules.load(tmp_path, languages=("en",), max_wrong=0.05)

    assert "10.yaml:0:0: more than 10 MB of rule files" in said(result)
    assert not any(line.startswith("11.yaml") for line in said(result))


def test_a_team_may_let_plain_words_out(load) -> None:
    """It is said in so many words, for each team."""
    book = load("teams: {a: {level: 1, replies: thread}, b: {level: 1}}\nfallback: {team: a}").book

    assert book.teams["a"].replies is Replies.THREAD
    assert book.teams["b"].replies is Replies.EXPLICIT


def test_book_names_the_language_of_a_text(load) -> None:
    """The journey asks the book which language to answer in."""
    book = load(DESK, languages=("en", "pt")).book

    assert book.language_of("Não consigo abrir a porta da garagem", ()) == ("pt", True)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("sory", "there is no template 'sory' (did you mean 'sorry'?)"),
        ("busy", "there is no template 'busy' (write en/requester/busy.md.j2 in the templates"),
        ("sorry", "warning: the template 'sorry' is missing in pl (the usual receipt is sent"),
        ("received", ""),
    ],
)
def test_replies_name_templates_that_are_there(tmp_path, reply: str, problem: str) -> None:
    """A receipt of the admin's own must lie in the folder of templates, in every language."""
    rule = f"routes: [{{id: a, when: {{words: [x]}}, then: {{team: desk, reply: {reply}}}}}]"
    (tmp_path / "a.yaml").write_text(DESK + rule)

    result = rules.load(
        tmp_path, languages=("en", "pl"), max_wrong=0.05, replies={"sorry": ("en",)}
    )

    assert bool(problem) is any(problem in line for line in said(result) if "template" in line)


def test_broken_file_hides_nothing_that_may_stand_in_it(load) -> None:
    """What only an unreadable file may define is not called missing as well."""
    result = load(DESK + "routes: [{id: a, when: {}, then: {team: experts}}]", b="teams: [")

    assert len(result.problems) == 1
    assert "b.yaml:1:9: this is not YAML" in said(result)[0]


def test_condition_that_cannot_be_read_takes_no_cases_away(load) -> None:
    """One slip in a rule does not make all that follow it look dead."""
    result = load(
        DESK + "routes:\n  - {id: a, when: {wrods: x}, then: {team: desk}}\n"
        "  - {id: b, when: {words: y}, then: {team: desk}}\n"
    )

    errors = [line for line in said(result) if "warning" not in line]
    assert errors == ["a.yaml:7:20: when: unknown key 'wrods' (did you mean 'words'?)"]


def test_missing_fallback_names_the_folder_and_what_to_write(load, tmp_path: Path) -> None:
    """It may stand in any file: the place is the folder."""
    problem = load("teams: {a: {level: 1}}").problems[0]

    assert problem.file == str(tmp_path)
    assert problem.suggestion == "fallback: {team: a}"


@pytest.mark.parametrize(
    ("teams", "said_of_it"),
    [
        ("a: {level: 1, next: a}", "2:23: warning: next goes round in a circle: a -> a"),
        (
            "a: {level: 1, next: b}\n  b: {level: 2, next: c}\n  c: {level: 3, next: b}",
            "4:23: warning: next goes round in a circle: b -> c -> b",
        ),
        ("a: {level: 1, next: b}\n  b: {level: 2}", None),
    ],
)
def test_teams_that_hand_on_in_a_circle_are_a_warning(load, teams: str, said_of_it: str) -> None:
    """What escalates must arrive somewhere."""
    told = said(load(f"teams:\n  {teams}\nfallback: {{team: a}}\n"))

    assert [line.split(" (")[0] for line in told] == (
        [f"a.yaml:{said_of_it}"] if said_of_it else []
    )


_TOLD = 'tell: ["slack:#a"]'


@pytest.mark.parametrize(
    ("teams", "silent"),
    [
        (f"a: {{level: 1, {_TOLD}}}\n  b: {{level: 2}}\n  c: {{level: 1}}", ["b"]),
        (f"a: {{level: 1, next: c}}\n  b: {{level: 2, {_TOLD}}}\n  c: {{level: 3}}", ["a", "c"]),
        (f"a: {{level: 1, {_TOLD}}}\n  b: {{level: 2, {_TOLD}}}\n  c: {{level: 3}}", []),
        ("a: {level: 1}\n  b: {level: 2}\n  c: {level: 3}", []),
    ],
)
def test_a_team_that_hears_of_none_of_its_tickets_is_a_warning(load, teams, silent) -> None:
    """By a rule, as the last resort, or by escalation; where nobody is told, that is meant so."""
    route = "routes:\n  - {id: r, when: {words: [x]}, then: {team: b}, examples: {match: [x]}}\n"
    told = said(load(f"teams:\n  {teams}\nfallback: {{team: a}}\n{route}"))

    assert [line.split("team ")[1][0] for line in told if "has no tell" in line] == silent


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("teams:\n\ta: {level: 1}", "indent with blanks, not with tabs"),
        (
            "faq:\n  - id: a\n    ask: [x, y\n    answer: z\n",
            "see what begins in line 3, column 10",
        ),
        ("teams:\n  a\n  b: {level: 1}", "look at the colons and blanks here and above"),
        ("teams:\n  a: {level: 1}\n  b", "a key ends with a colon and a blank"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_likely_cause(load, text: str, hint: str) -> None:
    """An admin need not know YAML's own words."""
    assert hint in str(load(text).problems[0])
