"""How channels say what is wrong with their tables."""

from channels.problems import missing_packages


def test_what_is_not_installed_is_named_with_the_extra_that_has_it():
    """Before the desk starts, and not as a traceback when the first message goes out."""
    (problem,) = missing_packages(("json", "no_such_package", "nor_this"), "slack")

    assert problem.severity == "error"
    assert problem.message == "not installed: no_such_package, nor_this"
    assert "pip install '.[slack]'" in (problem.suggestion or "")


def test_what_is_installed_is_no_problem():
    """The twin: packages that are there."""
    assert list(missing_packages(("json", "email"), "slack")) == []
