#!/usr/bin/env python3
"""That the test of the pages sees what is wrong with one: it must fail where it should, or it says nothing."""

import pathlib
import tempfile
import unittest

import comparison
import links
import page as pages
import run_page


def page_of(text: str) -> pages.Page:
    with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
        file.write(text)
        file.flush()
        return pages.parse(pathlib.Path(file.name))


class Comparison(unittest.TestCase):
    def same(self, shown: str, printed: str, varies: str = "") -> bool:
        return not comparison.what_differs(shown.splitlines(), printed.splitlines(), varies)

    def test_another_word_a_missing_line_and_one_more_are_differences(self):
        self.assertTrue(self.same("a\nb", "a\nb"))
        self.assertFalse(self.same("a\nb", "a\nc"))
        self.assertFalse(self.same("a\nb", "a"))
        self.assertFalse(self.same("a", "a\nb"))

    def test_what_differs_from_run_to_run_does_not_matter(self):
        self.assertTrue(self.same("up  5h ago  PID 1", "up    12s ago PID 4711"))
        self.assertTrue(self.same("192.0.2.1, 192.0.2.2", "192.0.2.2, 192.0.2.1"))
        self.assertFalse(self.same("192.0.2.1, 192.0.2.2", "192.0.2.2, 192.0.2.3"))
        self.assertFalse(self.same("5 zones", "6 zones"))
        self.assertTrue(self.same("5 zones", "6 zones", r"\d+ zones"))

    def test_an_ellipsis_is_anything_in_its_line_or_any_lines(self):
        self.assertTrue(self.same("a … c", "a b c"))
        self.assertFalse(self.same("a … c", "a b d"))
        self.assertTrue(self.same("a\n…\nc", "a\nb\nb\nc"))
        self.assertTrue(self.same("a\n…", "a\nb"))
        self.assertFalse(self.same("…\nc", "a\nb"))


class Pages(unittest.TestCase):
    def test_a_command_goes_on_after_a_backslash_and_its_output_follows(self):
        (block,) = page_of("```console\n$ a \\\n  b\nout\n$ c\n```\n").steps
        self.assertEqual(pages.commands(block), [(2, "a \\\n  b", ["out"]), (5, "c", [])])

    def test_a_comment_is_about_the_next_block_and_one_that_runs_stands_for_itself(self):
        hidden, block, other = page_of("<!-- run: a -->\n<!-- status: 2 -->\n```\nx\n```\n```\ny\n```\n").steps
        self.assertEqual((hidden.command, block.notes, other.notes), ("a", {"status": "2"}, {}))

    def test_what_cannot_be_understood_is_an_error(self):
        for text in ("<!-- nor run: x -->\n", "```\nnever closed\n", "<!-- status: 2 -->\n", "<!-- run: x\n"):
            with self.subTest(text), self.assertRaises(pages.PageError):
                page_of(text)
        (block,) = page_of("```yaml\na: 1\n```\n").steps
        with self.assertRaises(pages.PageError):
            run_page.run_block(None, block)
        with self.assertRaises(pages.PageError):
            pages.commands(pages.Block(1, "console", "", "output"))


class Fragments(unittest.TestCase):
    def test_comments_and_what_is_left_out_are_no_part_of_it(self):
        text = '"a": {"url": "http://x", …}, // one\n"b": [1, …] /* two */'
        self.assertEqual(run_page.read_json(text), {"a": {"url": "http://x"}, "b": [1]})

    def test_laid_over_another_it_changes_what_it_speaks_of(self):
        self.assertEqual(run_page.merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}, "d": None}), {"a": {"b": 4, "c": 2}})


class Links(unittest.TestCase):
    def test_a_link_needs_its_file_and_its_heading(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.md").write_text("# One `Two`: three\n")
            page = pathlib.Path(folder) / "page.md"
            page.write_text("[a](a.md#one-two-three) [b](a.md#two) [c](b.md) [d](https://example.com/) [e](#none)\n")
            self.assertEqual(links.broken(page), ["a.md#two", "b.md", "#none"])


if __name__ == "__main__":
    unittest.main()
