"""The stacks that a project can be generated for: each a folder of templates with a manifest."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from hookwright_receiver.generator.errors import TemplateError

MANIFEST = "stack.toml"
# What a layer brings to every stack that builds on it.
LAYER_MANIFEST = "layer.toml"
STACK_KEYS = frozenset({"title", "layers", "dependencies", "imports"})
LAYER_KEYS = frozenset({"imports", "reserved", "yours", "commands"})


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack, as its manifest and those of its layers describe it.

    `layers` are folders of templates, a later one replacing files of an earlier one. `dependencies`
    are those of the stack alone, as its packaging writes them. `imports` are the names that all the
    dependencies are imported by: a package of such a name would hide one. `reserved` are names that
    the templates use beside the events' own. `yours` are the files that belong to the user once
    they exist. `commands` are what to type next: `install` and `serve`.
    """

    name: str
    title: str
    layers: tuple[str, ...]
    dependencies: tuple[str, ...]
    imports: frozenset[str]
    reserved: frozenset[str]
    yours: tuple[PurePosixPath, ...]
    commands: Mapping[str, str]


def templates() -> Traversable:
    """Return the folder that holds one folder of templates for each layer."""
    return files("hookwright_templates")


def load_stacks(root: Traversable) -> Mapping[str, Stack]:
    """Return every stack below `root` (the folders that have a manifest), sorted by name."""
    found = {
        folder.name: load_stack(root, folder.name)
        for folder in sorted(root.iterdir(), key=lambda folder: folder.name)
        if folder.is_dir() and folder.joinpath(MANIFEST).is_file()
    }
    return MappingProxyType(found)


def load_stack(root: Traversable, name: str) -> Stack:
    """Read the manifests of a stack and of its layers; raise TemplateError where one is wrong."""
    manifest = _manifest(root, f"{name}/{MANIFEST}", STACK_KEYS)
    imports: set[str] = set(manifest["imports"])
    reserved: set[str] = set()
    yours: list[str] = []
    commands: dict[str, str] = {}
    for layer in manifest["layers"]:
        if root.joinpath(layer, LAYER_MANIFEST).is_file():
            brought = _manifest(root, f"{layer}/{LAYER_MANIFEST}", LAYER_KEYS)
            imports |= set(brought["imports"])
            reserved |= set(brought["reserved"])
            yours += brought["yours"]
            commands |= brought["commands"]
    return Stack(
        name=name,
        title=manifest["title"],
        layers=tuple(manifest["layers"]),
        dependencies=tuple(manifest["dependencies"]),
        imports=frozenset(imports),
        reserved=frozenset(reserved),
        yours=tuple(PurePosixPath(path) for path in yours),
        commands=MappingProxyType(commands),
    )


def _manifest(root: Traversable, source: str, keys: frozenset[str]) -> dict[str, Any]:
    try:
        manifest = tomllib.loads(root.joinpath(*source.split("/")).read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(source, f"{source} is not TOML: {error}") from error
    if manifest.keys() != keys:
        differing = ", ".join(sorted(manifest.keys() ^ keys))
        raise TemplateError(source, f"{source} must have exactly its known keys; see: {differing}")
    return manifest


def layer_files(root: Traversable, layer: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield every file of a layer with its path in it, but for the manifests."""
    folder = root.joinpath(layer)
    if not folder.is_dir():
        raise TemplateError(layer, f"the templates have no folder {layer!r}")
    for path, file in _walk(folder, PurePosixPath()):
        if str(path) not in {MANIFEST, LAYER_MANIFEST}:
            yield path, file.read_bytes()


def _walk(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            # Left behind where a test or a linter has imported what is copied as it stands.
            if entry.name != "__pycache__":
                yield from _walk(entry, path / entry.name)
        else:
            yield path / entry.name, entry


STACKS: Mapping[str, Stack] = load_stacks(templates())
