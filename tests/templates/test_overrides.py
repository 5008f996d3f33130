"""An admin's own templates: what is used, what is refused, and what hostile ones can do."""

import time
from pathlib import Path

import jinja2
import pytest

import templates
from templates.catalogue import samples
from templates.dryrun import Job, Limits, try_out

RECEIVED = "en/requester/received.md.j2"
VALUES = {"reference": "VT-1042-F"}


def put(folder: Path, name: str, text: str | bytes) -> Path:
    """Write one file of an admin's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_one_file_overrides_one_message(tmp_path):
    """The other messages, and the other languages, stay as they are shipped."""
    put(tmp_path, RECEIVED, "Subject: Hi {{ reference }}\r\n\r\nWe *have* it.\r\n---\r\nBye.\r\n")

    words, problems = templates.load(("en", "es"), tmp_path)

    assert problems == ()
    own = words.render("requester/received", "en", VALUES)
    assert (own.title, own.body, own.closing) == ("Hi VT-1042-F", "We *have* it.", "Bye.")
    assert words.render("requester/received", "es", VALUES).title == "Hemos recibido su solicitud"
    assert words.render("requester/greeting", "en", {}).body == "How can I help?"


def test_an_absent_folder_is_no_problem(tmp_path):
    """Most desks have no templates of their own."""
    words, problems = templates.load(("en",), tmp_path / "templates")

    assert problems == ()
    assert words.render("requester/received", "en", VALUES).title


def test_a_language_may_be_added(tmp_path):
    """A desk in a language that is not shipped brings its own; what it lacks is in the default."""
    put(tmp_path, "fi/requester/received.md.j2", "Subject: Kiitos {{ reference }}\n")

    words, problems = templates.load(("it", "fi"), tmp_path)

    assert problems == ()
    assert words.render("requester/received", "fi", VALUES).title == "Kiitos VT-1042-F"
    assert words.render("requester/greeting", "fi", {}).body == "Come posso essere d'aiuto?"


@pytest.mark.parametrize(
    ("languages", "asked", "title"),
    [
        (("en", "pt-br"), "pt-br", "Recebemos o seu pedido"),
        (("es", "en"), "fi", "Hemos recibido su solicitud"),
        (("fi",), "fi", "We have received your request"),
        (("es", "en"), "../../etc", "Hemos recibido su solicitud"),
    ],
)
def test_a_language_falls_back(languages, asked, title):
    """Region, then the desk's default, then English; never out of the folder."""
    words, _ = templates.load(languages, None)

    assert words.render("requester/received", asked, VALUES).title == title


def test_a_language_without_words_is_warned_of(tmp_path):
    """Whoever adds one to the desk's languages learns what its requesters will read."""
    _, problems = templates.load(("en", "fr", "pt"), tmp_path)

    [problem] = problems
    assert (problem.file, problem.severity) == (str(tmp_path / "fr"), "warning")
    assert problem.message == "there are no words in 'fr': requesters read them in en"


def test_an_own_receipt_serves_a_rule(tmp_path):
    """A rule's reply may name a message that the program does not know."""
    put(tmp_path, "en/requester/outage.md.j2", "Subject: We know\n\nStay calm, {{ reference }}.\n")

    words, problems = templates.load(("en", "pl"), tmp_path)

    assert problems == ()
    assert words.knows("requester/outage")
    assert words.render("requester/outage", "en", VALUES).body == "Stay calm, VT-1042-F."
    assert words.render("requester/outage", "pl", VALUES).body == "Stay calm, VT-1042-F."
    assert not words.knows("requester/flood")
    assert words.render("requester/flood", "en", VALUES).title == "We have received your request"


def test_own_words_replace_those_of_a_language(tmp_path):
    """Labels and phrases can be overridden like every other file."""
    put(
        tmp_path,
        "en/words.toml",
        '[labels]\nhelped = "Yes!"\nperson = "No"\nthanks = "Ta"\ngreeting = "Hi"\n'
        'new = "Else"\nform = "Fill in"\nunknown = "Dunno"\n',
    )

    words, problems = templates.load(("en",), tmp_path)

    assert problems == ()
    assert words.label("helped", "en") == "Yes!"
    assert words.meaning_of("yes") == "helped"
    assert words.meaning_of("that helped") is None


@pytest.mark.parametrize(
    ("name", "text", "place", "message", "suggestion"),
    [
        (RECEIVED, "Hello\n", (1, 1), "not a subject", "write Subject:"),
        (RECEIVED, "Subject:\n", (1, 1), "not a subject", "write Subject:"),
        (RECEIVED, "Subject: a\nb\n", (2, 1), "below the subject", "second line empty"),
        (RECEIVED, "Subject: a\n\nb\n---\nc\n---\n", (6, 1), "second --- line", "***"),
        (
            RECEIVED,
            "Subject: a\n\nb\nx {{ refrence }}\n",
            (4, 6),
            "unknown value 'refrence'",
            "did you mean reference?",
        ),
        (
            RECEIVED,
            "Subject: a\n\nb\n---\nx\n{{ subject }}\n",
            (6, 4),
            "unknown value 'subject'",
            "it may insert reference",
        ),
        (RECEIVED, "Subject: a\n\nb {{ reference \n", (3, 3), "unexpected", None),
        (RECEIVED, "Subject: a\n\n{% if reference %}\n", (3, 1), "Unexpected end", None),
        (RECEIVED, "Subject: a\n\n{% include 'x' %}\n", (3, 1), "include cannot", None),
        (RECEIVED, "Subject: {{ '' }}\n\nb\n", (1, 10), "subject is empty", "always there"),
        (RECEIVED, b"Subject: caf\xe9\n", (0, 0), "cannot be read", None),
        (RECEIVED, "Subject: a\n\n" + "b" * 70_000, (0, 0), "larger than 64 KiB", None),
        ("en/requester/recieved.md.j2", "Subject: a\n", (0, 0), "overrides nothing", "received"),
        ("en/agent/newer.md.j2", "Subject: a\n", (0, 0), "overrides nothing", "agent/new.md.j2"),
        ("en/received.md.j2", "Subject: a\n", (0, 0), "overrides nothing", "requester/received"),
        ("eng/requester/closed.md.j2", "Subject: a\n", (0, 0), "'eng' is not", "mean en?"),
        ("en/words.toml", "labels = 1\n", (0, 0), "[labels] helped must be", None),
    ],
)
def test_a_mistake_is_shown_with_its_place(tmp_path, name, text, place, message, suggestion):
    """Whoever wrote the file finds the line, what is wrong, and what to do."""
    path = put(tmp_path, name, text)

    words, problems = templates.load(("en", "pt"), tmp_path)

    (problem,) = problems
    assert problem.file == str(path)
    assert (problem.line, problem.column) == place
    assert message in problem.message
    assert problem.suggestion is None if suggestion is None else suggestion in problem.suggestion
    assert words.render("requester/received", "en", VALUES).title == "We have received your request"


def test_all_mistakes_are_shown(tmp_path):
    """Not only the first file, and not only the first value."""
    put(tmp_path, RECEIVED, "Subject: {{ a }}\n\n{{ b }}\n")
    put(tmp_path, "pt/requester/closed.md.j2", "nothing\n")

    _, problems = templates.load(("en", "pt"), tmp_path)

    assert [problem.line for problem in problems] == [1, 3, 1]


def test_editor_leftovers_are_passed_over(tmp_path):
    """Hidden files, back-ups and a README are nobody's mistake."""
    for name in (".git/config", "en/.received.md.j2.swp", "en/requester/received.md.j2~", "README"):
        put(tmp_path, name, "x")

    assert templates.load(("en",), tmp_path)[1] == ()


LOOP = "{% for a in reference %}"
HOSTILE = {
    "object": "{{ ''.__class__ }}",
    "object of a value": "{{ reference.__class__.__mro__ }}",
    "globals": "{{ reference.__init__.__globals__ }}",
    "attribute by filter": "{{ reference | attr('__class__') }}",
    "format": "{{ '{0.__class__}'.format(reference) }}",
    "long text": "{{ 'a' * 10**9 }}",
    "long text by call": "{{ 'a'.ljust(10**9) }}",
    "long text by filter": "{{ 'a' | center(1000000000) }}",
    "long text by format": "{{ '%1000000000d' % 1 }}",
    "doubling text": "{{ reference" + " | replace('', reference)" * 8 + " }}",
    "nested ranges": "{% for a in range(99999) %}" * 2 + "{% endfor %}" * 2,
    "nested loops": LOOP * 4 + "{% endfor %}" * 4,
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "deep nesting": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_template_is_refused(tmp_path, body):
    """It reaches no object, costs at most a moment, and the shipped one stays in use."""
    put(tmp_path, RECEIVED, f"Subject: a\n\n{body}\n")

    words, problems = templates.load(("en",), tmp_path)

    assert len(problems) >= 1
    assert words.render("requester/received", "en", VALUES).title == "We have received your request"


def test_one_hostile_template_does_not_stop_the_next(tmp_path):
    """The child that dies of one file is replaced for the others."""
    put(tmp_path, "en/requester/answer.md.j2", "Subject: a\n\n" + HOSTILE["nested loops"])
    put(tmp_path, RECEIVED, "Subject: mine\n")

    words, problems = templates.load(("en",), tmp_path)

    assert [Path(problem.file).name for problem in problems] == ["answer.md.j2"]
    assert words.render("requester/received", "en", VALUES).title == "mine"


def test_many_hostile_templates_cost_a_bounded_time():
    """A folder full of them is given up on, file by file said so."""
    job = Job("requester/received", "Subject: a\n\n" + HOSTILE["nested loops"])

    verdicts = try_out([job] * 20, Limits())

    assert len(verdicts) == 20
    assert "not tried" in verdicts[-1][0].message


# --- the same without the defences -----------------------------------------------------------


def naive(body: str, **values: object) -> str:
    """Render as a gateway without a sandbox, and without limits, would."""
    return jinja2.Environment(autoescape=False).from_string(body).render(**values)


@pytest.mark.parametrize("name", ["object", "object of a value", "attribute by filter"])
def test_without_a_sandbox_a_template_reaches_objects(name):
    """The twin: plain Jinja2 hands out the class of a value."""
    assert "<class 'str'>" in naive(HOSTILE[name], reference="VT-1042-F")


def test_without_a_child_loops_cost_what_they_like():
    """The twin: the loops that are refused do burn more than their 200 ms."""
    reference = samples("requester/received")[1]["reference"]
    started = time.process_time()

    naive(LOOP * 2 + "{% endfor %}" * 2, reference=reference)

    assert time.process_time() - started > Limits().cpu_seconds


@pytest.mark.parametrize(
    ("body", "tight"),
    [
        ("{% for a in reference %}xxxxxxxxxx{% endfor %}", Limits(output_characters=40_000)),
        (LOOP * 2 + "{% endfor %}" * 2, Limits()),
    ],
)
def test_without_limits_the_dry_run_would_pass(body, tight):
    """The twin: with its limits lifted the very same child accepts them."""
    job = Job("requester/received", f"Subject: a\n\n{body}\n")
    lifted = Limits(cpu_seconds=60, output_characters=10**9, memory_bytes=4 * 1024**3)

    assert try_out([job], lifted)[0] == ()
    assert try_out([job], tight)[0] != ()
