"""A snapshot of each stack's tree: a file that comes or goes is seen in review."""

from pathlib import Path

import pytest

from hookwright_receiver import STACKS, Answers, plan_project, render
from hookwright_receiver.generator import SINKS

TREES = Path(__file__).parent / "trees"


@pytest.mark.parametrize("stack", STACKS)
def test_the_tree_is_the_one_that_was_reviewed(stack, tmp_path):
    """Every path, with all sinks. To accept a change, write what the assertion shows."""
    sinks = tuple(sink for sink in SINKS if sink != "none")
    answers = Answers(name="receiver", stack=stack, sinks=sinks)
    tree = "".join(f"{path}\n" for path in render(plan_project(answers, tmp_path / "receiver")))
    snapshot = TREES / f"{stack}.txt"
    assert snapshot.exists(), f"write {snapshot.name}:\n{tree}"
    assert tree == snapshot.read_text()
