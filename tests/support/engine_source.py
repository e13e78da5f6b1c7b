# SPDX-License-Identifier: Apache-2.0
"""Runs parts of an installed Python package without importing it.

The functions by which an engine chooses need no GPU and no torch, the modules around them do. So they are read from
the package's source, where Python finds it, and run with stand-ins for what else they touch.
"""
import __future__
import ast
import importlib.metadata
import importlib.util
import pathlib
import sys


def why_not(package, distribution, release):
    """Why this package cannot be asked; nothing if Python finds it, of this release."""
    if importlib.util.find_spec(package) is None:
        return f"Python finds no package {package}"
    try:
        found = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        found = "of an unknown release"
    return "" if found == release else f"{package} is {found}, the sink follows {release}"


def package_file(package, name):
    folders = importlib.util.find_spec(package).submodule_search_locations
    return (pathlib.Path(list(folders)[0]) / name).read_text()


def take(source, names, scope):
    """Runs the top-level definitions of these names in `scope`: functions and classes without their decorators."""
    for node in ast.parse(source).body:
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        own = {getattr(node, "name", None)} | {getattr(target, "id", None) for target in targets}
        if own & set(names):
            _run(node, scope)


def take_methods(source, owner, names, scope):
    """The methods of a class as functions, by name; they see `scope`."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for part in node.body:
                if getattr(part, "name", None) in names:
                    _run(part, scope)
    return {name: scope[name] for name in names}


def class_value(source, owner, name):
    """A constant of a class."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for part in node.body:
                if isinstance(part, ast.Assign) and part.targets[0].id == name:
                    return ast.literal_eval(part.value)
    raise KeyError(name)


def _run(node, scope):
    if hasattr(node, "decorator_list"):
        node.decorator_list = []
    module = ast.Module([node], [])
    exec(compile(module, "engine", "exec", __future__.annotations.compiler_flag), scope)


if __name__ == "__main__":
    print(why_not(*sys.argv[1:]), end="")
