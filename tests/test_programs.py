"""What tests do about programs that are not there."""

import pytest

from .programs import needs


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The skip says what to install."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"needs no-such-program: .* no-such-package"):
        needs("no-such-program", "no-such-package")


def test_continuous_integration_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A skip there would hide that a test never runs."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"needs no-such-program: .* no-such-package"):
        needs("no-such-program", "no-such-package")


def test_a_program_that_is_there_is_found() -> None:
    """By its path, so that nothing else of that name is run."""
    assert needs("sh", "dash").startswith("/")
