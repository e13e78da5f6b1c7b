# SPDX-License-Identifier: Apache-2.0
import ast
import contextlib
import io
import os
import sys
import tempfile
import unittest

from arbiter import adapters, missing

SHIPPED = sorted(
    file[:-3] for folder in adapters.__path__ for file in os.listdir(folder) if file.endswith(".py") and file[0] != "_"
)


def imports_of(name):
    """The top-level modules that a shipped adapter imports, but for the standard library's and Arbiter's own."""
    with open(os.path.join(adapters.__path__[0], name + ".py"), encoding="utf-8") as opened:
        nodes = list(ast.walk(ast.parse(opened.read())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    tops = {name.split(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - {"arbiter"}


class Missing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def adapter(self, body):
        path = os.path.join(self.folder.name, "mine.py")
        with open(path, "w", encoding="utf-8") as opened:
            opened.write("raise RuntimeError('this is not to be run')\nclass Adapter:\n    " + body + "\n")
        return path

    @unittest.skipIf(sys.version_info < (3, 10), "this Python does not say what its standard library is")
    def test_the_shipped_adapters_name_every_module_that_they_import(self):
        self.assertIn("vllm", SHIPPED)
        for name in SHIPPED:
            with open(os.path.join(adapters.__path__[0], name + ".py"), encoding="utf-8") as opened:
                self.assertEqual(set(missing._modules_of(opened.read())), imports_of(name), name)

    def test_names_the_modules_that_are_not_there_without_running_the_adapter(self):
        self.assertIsNone(missing.missing_for(self.adapter("modules = ('json', 'math')")))
        path = self.adapter("modules = ('json', 'nobody_has_this', 'nor_that')")
        self.assertEqual(missing.missing_for(path), "nobody_has_this, nor_that")
        self.assertIsNone(missing.missing_for(self.adapter("packages = ('nobody-has-this',)")))
        self.assertEqual(missing.missing_for(self.adapter("modules: tuple = ('nobody_has_this',)")), "nobody_has_this")
        self.assertIsNone(missing.missing_for(self.adapter("modules: tuple")))

    def test_looks_for_the_package_of_a_module_and_imports_nothing(self):
        with open(os.path.join(self.folder.name, "not_to_be_imported.py"), "w", encoding="utf-8") as opened:
            opened.write("raise RuntimeError('imported')\n")
        sys.path.insert(0, self.folder.name)
        self.addCleanup(sys.path.remove, self.folder.name)
        self.assertIsNone(missing.missing_for(self.adapter("modules = ('not_to_be_imported.part',)")))
        self.assertEqual(missing.missing_for(self.adapter("modules = ('nobody.has',)")), "nobody.has")

    def test_says_what_is_wrong_with_the_list(self):
        for modules in ("None", "'torch'", "(1,)", "('',)"):
            text = missing.missing_for(self.adapter("modules = " + modules))
            self.assertIn("modules = " + modules + ", allowed: names as texts", text)

    def test_names_adapters_that_are_none(self):
        self.assertEqual(missing.missing_for("vlm"), "adapter vlm")
        self.assertEqual(missing.missing_for("../adapter"), "adapter ../adapter")
        self.assertEqual(missing.missing_for("elsewhere.py"), "adapter elsewhere.py")
        self.assertTrue(missing.missing_for(self.adapter("modules = (")).startswith("SyntaxError: "))

    def test_prints_a_line_for_each_adapter_that_lacks_something(self):
        lacking = self.adapter("modules = ('nobody_has_this',)")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            missing.main(["vlm", lacking])
        self.assertEqual(output.getvalue(), "arbiter-misses 0 adapter vlm\narbiter-misses 1 nobody_has_this\n")


if __name__ == "__main__":
    unittest.main()
