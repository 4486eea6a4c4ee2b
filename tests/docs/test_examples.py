"""The examples of the documentation run, and print what they say they print.

In Markdown, an example is a fenced block of Python. The blocks of one section (`##`) are one program, and a fenced
block of text right after one of them is what has been printed since the one before. In a docstring, an example is the
section `Example:`. In both, a comment `# -> text` is what its statement prints, or else its value.

Everything runs on virtual time, and what an example opens it closes, or its test fails. Functions named like tests are
run as well.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import rxconvo.operators
from rxconvo.testing import settle

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    """Code, and what is printed when it has run.

    Attributes:
        file: Where it is.
        line: Number of its first line.
        code: Python, where `await` may be used outside of functions.
        output: What is printed since the block before; None where nothing is said.
    """

    file: str
    line: int
    code: str
    output: str | None = None


Program = list[Block]

_FENCED = re.compile(r"^```python\n(?P<code>.*?)^```\n+(?:^```text\n(?P<output>.*?)^```$)?", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^(?P<indent> *)Examples?:\n(?P<code>(?:(?P=indent) +.*\n|\s*\n)+)", re.MULTILINE)
_SAYS = "# -> "


def in_markdown(text: str, file: str) -> Iterator[Program]:
    """Yield the program of each section that has one."""
    starts = [0, *(heading.start() for heading in re.finditer(r"^## ", text, re.MULTILINE)), len(text)]
    for start, end in pairwise(starts):
        found = _FENCED.finditer(text, start, end)
        program = [Block(file, line_of(text, block, "code"), block["code"], block["output"]) for block in found]
        if program:
            yield program


def in_docstrings(source: str, file: str) -> Iterator[Program]:
    """Yield the example of each docstring that has one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                for example in _EXAMPLE.finditer(text + "\n"):
                    line = node.lineno - 1 + line_of(text, example, "code")
                    yield [Block(file, line, dedent(example["code"]))]
            case _:
                pass


def line_of(text: str, match: re.Match[str], group: str) -> int:
    return text.count("\n", 0, match.start(group)) + 1


def said(block: Block) -> dict[int, str]:
    """Return what the comments of a block say, by line within it."""
    tokens = tokenize.generate_tokens(io.StringIO(block.code).readline)
    return {
        token.start[0]: token.string.removeprefix(_SAYS)
        for token in tokens
        if token.type == tokenize.COMMENT and token.string.startswith(_SAYS)
    }


async def evaluate(statement: ast.stmt, file: str, namespace: dict[str, Any]) -> object:
    """Run a statement; return its value, if it is an expression."""
    tree = ast.Expression(statement.value) if isinstance(statement, ast.Expr) else ast.Module([statement], [])
    mode = "eval" if isinstance(tree, ast.Expression) else "exec"
    code = compile(tree, file, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    value = eval(code, namespace)  # noqa: S307 - our own documentation
    return await value if code.co_flags & inspect.CO_COROUTINE else value


async def run(program: Program) -> None:
    """Run a program, and compare what it prints with what is said of it."""
    namespace: dict[str, Any] = {"__name__": "example"}
    printed = io.StringIO()
    with redirect_stdout(printed):
        since_block = 0
        for block in program:
            says = said(block)
            statements = ast.parse(block.code).body
            for statement in statements:
                lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                since_statement = printed.tell()
                ast.increment_lineno(statement, block.line - 1)
                value = await evaluate(statement, block.file, namespace)
                await settle()
                if expected := [says[line] for line in lines if line in says]:
                    outcome = printed.getvalue()[since_statement:].splitlines() or [repr(value)]
                    assert outcome == expected, f"{block.file}, line {statement.lineno}"
            for statement in statements:
                if isinstance(statement, ast.AsyncFunctionDef) and statement.name.startswith("test_"):
                    await namespace[statement.name]()
            if block.output is not None:
                assert printed.getvalue()[since_block:] == block.output, f"{block.file}, line {block.line}"
                since_block = printed.tell()


@cache
def programs() -> tuple[Program, ...]:
    return tuple(_programs())


def _programs() -> Iterator[Program]:
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        yield from in_markdown(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    for path in sorted((ROOT / "rxconvo").rglob("*.py")):
        yield from in_docstrings(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())


@pytest.mark.parametrize("program", [pytest.param(each, id=f"{each[0].file}:{each[0].line}") for each in programs()])
async def test_it_runs_and_prints_what_it_says(program: Program) -> None:
    await run(program)


def test_the_readme_and_every_operator_have_examples() -> None:
    files = {program[0].file for program in programs()}
    assert files >= {"README.md", *(f"rxconvo/operators/{name}.py" for name in rxconvo.operators.__all__)}


def subscribed_twice(block: Block) -> set[str]:
    """Return what is both subscribed to and awaited: each does it once, so what is sent is sent twice."""
    nodes = list(ast.walk(ast.parse(block.code)))
    awaited = {node.value.id for node in nodes if isinstance(node, ast.Await) and isinstance(node.value, ast.Name)}
    return awaited & {
        node.func.value.id
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.attr == "subscribe"
    }


def test_nothing_is_sent_twice_that_readers_would_copy() -> None:
    assert [block for program in programs() for block in program if subscribed_twice(block)] == []


async def run_markdown(text: str) -> None:
    for program in in_markdown(text, "a.md"):
        await run(program)


class TestTheHarness:
    """It finds what it is there for."""

    @pytest.mark.parametrize(
        "code, names",
        [("sending.subscribe(print)\nawait sending", {"sending"}), ("await a\nb.subscribe(print)", set())],
    )
    def test_what_is_subscribed_to_and_awaited_is_found(self, code: str, names: set[str]) -> None:
        assert subscribed_twice(Block("a.md", 1, code)) == names

    async def test_blocks_of_a_section_are_one_program(self) -> None:
        await run_markdown("```python\nx = 1\n```\n### More\n```python\nprint(x)\n```\n```text\n1\n```\n")
        with pytest.raises(NameError):
            await run_markdown("```python\nx = 1\n```\n## Other\n```python\nprint(x)\n```\n")

    @pytest.mark.parametrize(
        "code, text",
        [
            ("print(1)", "2\n"),
            ("print(1)", ""),
            ("print(1)\nprint(2)", "1\n"),
            ("import asyncio\nawait asyncio.sleep(3600)\nprint(1)", "2\n"),
        ],
    )
    async def test_other_output_is_found(self, code: str, text: str) -> None:
        with pytest.raises(AssertionError, match=r"a\.md, line 4"):
            await run_markdown(f"# A\n\n```python\n{code}\n```\n```text\n{text}```\n")

    @pytest.mark.parametrize("code", ["1 + 1  # -> 3", "print(2)  # -> 3", "if True:\n    print(1)  # -> 3"])
    async def test_other_values_are_found(self, code: str) -> None:
        with pytest.raises(AssertionError, match=r"a\.md, line 2"):
            await run_markdown(f"```python\n{code}\n```\n")

    @pytest.mark.parametrize(
        "code",
        [
            "1 + 1  # -> 2",
            "print(\n    2,\n)  # -> 2",
            "for x in 'ab':\n    print(x)\n    # -> a\n    # -> b",
            "import asyncio\nasyncio.get_running_loop().call_soon(print, 2)  # -> 2",
        ],
    )
    async def test_values_are_what_is_printed_or_else_the_value(self, code: str) -> None:
        await run_markdown(f"```python\n{code}\n```\n")

    async def test_tests_are_run(self) -> None:
        with pytest.raises(ZeroDivisionError):
            await run_markdown("```python\nasync def test_it():\n    1 / 0\n```\n")

    async def test_other_languages_are_not_run(self) -> None:
        await run_markdown("```sh\nexit 1\n```\n```text\nnothing\n```\n")

    async def test_errors_name_the_line(self) -> None:
        with pytest.raises(ZeroDivisionError) as raised:
            await run_markdown("# A\n\n```python\nx = 0\n\n1 / x\n```\n")
        assert raised.traceback[-1].lineno + 1 == 6

    @pytest.mark.parametrize("indent", ["", "    "])
    def test_examples_of_docstrings(self, indent: str) -> None:
        text = "One.\n\nExample:\n    x = 1\n\n    if x:\n        print(x)\n\nArgs:\n    x: Any.\n"
        docstring = "\n".join(indent + line if line else "" for line in text.splitlines())
        source = f"class C:\n{indent}pass\n" if indent else ""
        ((block,),) = in_docstrings(f'{source}{indent}"""{docstring.lstrip()}\n{indent}"""\n', "a.py")
        assert block.code.strip() == "x = 1\n\nif x:\n    print(x)"
        assert block.line == (6 if indent else 4)
