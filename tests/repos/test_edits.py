from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotloop.repos.blocks import parse_blocks
from hotloop.repos.edits import apply_blocks, edits_from_reply
from hotloop.repos.errors import EditError

BOM = "\ufeff"


def block(search: str, replace: str, path: str = "a.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


def anything(path: str) -> bool:
    return True


FORMS = {
    "path in the fence": "```\na.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "path before the fence": "a.py\n```python\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "blank line between": "a.py\n\n```python\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "bold": "**a.py**\n```\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "heading": "### `a.py`:\n```\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "quoted in prose": "I change `a.py` here:\n```\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "comment": "```python\n# a.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
    "no fence": "Sure!\n\na.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\nDone.\n",
    "CRLF": "```\r\na.py\r\n<<<<<<< SEARCH\r\nx\r\n=======\r\ny\r\n>>>>>>> REPLACE\r\n```\r\n",
    "no last newline": "a.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE",
    "tildes": "~~~\na.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n~~~\n",
    "spaces after markers": "a.py\n<<<<<<< SEARCH \nx\n======= \ny\n>>>>>>> REPLACE  \n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_block_is_found_in_every_usual_form(form: str) -> None:
    (found,) = parse_blocks(FORMS[form])
    assert (found.path, found.search, found.replace) == ("a.py", ("x",), ("y",))


def test_blocks_in_one_fence_share_the_path_and_new_paths_are_seen() -> None:
    reply = (
        "Two files.\n```python\nsrc/a.py\n<<<<<<< SEARCH\n1\n=======\n2\n>>>>>>> REPLACE\n\n"
        "<<<<<<< SEARCH\n3\n=======\n>>>>>>> REPLACE\n```\nand\n```python\n<<<<<<< SEARCH\n5\n=======\n6\n"
        ">>>>>>> REPLACE\n```\n`my dir/b.py`\n```\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n```"
    )
    found = parse_blocks(reply)
    assert [b.path for b in found] == ["src/a.py", "src/a.py", "src/a.py", "my dir/b.py"]
    assert [b.number for b in found] == [1, 2, 3, 4]
    assert found[1].replace == ()
    assert found[3].makes_file


MALFORMED = {
    "": "holds no search/replace block",
    "I cannot help with that.": "holds no search/replace block",
    '{"edits": []}': "holds no search/replace block",
    "a.py\n<<<<<<< SEARCH\nx\n=======\ny\n": "'>>>>>>> REPLACE' line is missing",
    "a.py\n<<<<<<< SEARCH\nx\n": "'=======' line is missing",
    "a.py\n<<<<<<< SEARCH\nx\n<<<<<<< SEARCH\ny\n=======\n": "a new block starts before",
    "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE": "no path stands above",
    "A change in the loop of it.\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE": "no path stands above",
    block("T\n=======\nx\n", "T\n=======\ny\n"): "more than one line of seven",
    "x" * (1 << 20) + "y": "larger than 1 MiB",
}


@pytest.mark.parametrize("reply", MALFORMED, ids=MALFORMED.values())
def test_a_malformed_reply_is_told_what_is_wrong(reply: str) -> None:
    with pytest.raises(EditError, match=MALFORMED[reply]):
        parse_blocks(reply)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "a.py", "x", "", "\x0c"])
    )
)
def test_no_reply_does_worse_than_an_edit_error(lines: list[str]) -> None:
    try:
        found = parse_blocks("\n".join(lines))
    except EditError as error:
        assert str(error)
    else:
        assert all(one.path for one in found)


@pytest.mark.parametrize(
    ("before", "search", "replace", "after"),
    [
        ("a\nb\nc\n", "b\n", "B\n", "a\nB\nc\n"),
        ("a\nb\nc\n", "b\n", "", "a\nc\n"),
        ("a\nb", "b\n", "B\n", "a\nB"),
        ("a\nb", "a\n", "A\nAA\n", "A\nAA\nb"),
        ("a\r\nb\r\nc\r\n", "b\n", "B\nBB\n", "a\r\nB\r\nBB\r\nc\r\n"),
        ("a\r\nb", "b\n", "B\nBB\n", "a\r\nB\r\nBB"),
        ("a\nb\r\nc\n", "b\n", "B\n", "a\nB\r\nc\n"),
        (BOM + "a\nb\n", "a\n", "A\n", BOM + "A\nb\n"),
        (BOM + "a\r\nb\r\n", "b\n", "B\n", BOM + "a\r\nB\r\n"),
        ("a  \nb\n", "a\nb\n", "A\n", "A\n"),
        ("a\nb\n", "a \t\nb\n", "A\n", "A\n"),
        ("  a\n    a\n", "    a\n", "    b\n", "  a\n    b\n"),
        ("a\n\nb\n", "a\n\nb\n", "c\n", "c\n"),
        ("a\x0cb\x85\nc\n", "a\x0cb\x85\n", "d\n", "d\nc\n"),
        ("a\nx \na\nx\n", "a\nx\n", "b\n", "a\nx \nb\n"),
    ],
)
def test_a_replacement_keeps_every_other_byte(
    folder: Callable[..., Path], before: str, search: str, replace: str, after: str
) -> None:
    tree = folder({"a.py": before})
    assert edits_from_reply(block(search, replace), tree, anything) == {"a.py": after}
    assert (tree / "a.py").read_bytes() == before.encode()


def test_later_blocks_see_what_earlier_ones_made(folder: Callable[..., Path]) -> None:
    tree = folder({"a.py": "1\n2\n", "b.py": "x\n"})
    reply = block("1\n", "one\n") + block("one\n2\n", "three\n") + block("x\n", "y\n", "b.py")
    assert edits_from_reply(reply, tree, anything) == {"a.py": "three\n", "b.py": "y\n"}


def test_an_empty_search_makes_a_file(folder: Callable[..., Path]) -> None:
    tree = folder({"empty.py": ""})
    reply = block("", "x = 1\n", "pkg/new.py") + block("\n", "y = 2\n", "empty.py") + block("", "", "none.py")
    assert edits_from_reply(reply, tree, anything) == {
        "pkg/new.py": "x = 1\n",
        "empty.py": "y = 2\n",
        "none.py": "",
    }


REFUSED = {
    "matches nowhere": (
        block("    retrun x\n", "z\n"),
        r"matches nowhere.*closest lines are.*\n +2 \|     return x",
    ),
    "other indentation": (block("return x\n", "z\n"), r"matches nowhere.*indentation.*2 \|     return x"),
    "nothing like it": (
        block("qqqqqqqqqqqqqqqq\n", "z\n"),
        r"matches nowhere\. It must repeat the file's lines exactly",
    ),
    "matches twice": (block("same\n", "z\n"), "matches 2 times, at lines 3, 4"),
    "missing file": (block("x\n", "y\n", "other/a.py"), r"no such file\. Did you mean a\.py, pkg/a\.py"),
    "missing and unlike": (block("x\n", "y\n", "none.py"), "An empty SEARCH makes a new file"),
    "not allowed": (block("x\n", "y\n", "tests/test_a.py"), "may not be changed"),
    "climbs": (block("x\n", "y\n", "../a.py"), "must not hold"),
    "absolute": (block("x\n", "y\n", "/etc/passwd.txt"), "relative"),
    "git": (block("", "y\n", ".git/config"), "steers git"),
    "exists": (block("", "y\n"), "the file exists"),
    "empty file": (block("x\n", "y\n", "empty.py"), "the file is empty"),
    "binary": (block("x\n", "y\n", "data.bin"), "binary file"),
    "not UTF-8": (block("x\n", "y\n", "latin.py"), "not UTF-8"),
    "a link": (block("same\n", "y\n", "link.py"), "symbolic link"),
    "below a link": (block("", "y\n", "linked/new.py"), "symbolic link"),
    "a folder": (block("x\n", "y\n", "pkg/x.d"), "no such file"),
    "no change": (block("same\nsame\n", "same\nsame\n"), "change nothing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_edits_that_cannot_be_made_teach(folder: Callable[..., Path], case: str) -> None:
    reply, message = REFUSED[case]
    tree = folder(
        {
            "a.py": "def f(x):\n    return x\nsame\nsame\n",
            "pkg/a.py": "",
            "pkg/x.d/y": "",
            "empty.py": "",
            "data.bin": b"x\n\0",
            "latin.py": b"x\n\xe9\n",
            "tests/test_a.py": "x\n",
        }
    )
    (tree / "link.py").symlink_to("a.py")
    (tree / "linked").symlink_to("pkg")
    with pytest.raises(EditError, match=f"(?s){message}"):
        edits_from_reply(reply, tree, lambda path: not path.startswith("tests/"))


def test_all_bad_blocks_are_named_at_once_and_the_text_is_bounded(folder: Callable[..., Path]) -> None:
    tree = folder({"a.py": "x\n" * 3})
    reply = block("nope\n", "z\n") + block("x\n", "y\n") + block("z\n", "z\n", "b.py") * 300
    with pytest.raises(EditError) as refused:
        edits_from_reply(reply, tree, anything)
    text = str(refused.value)
    assert text.startswith("Block 1: a.py: SEARCH matches nowhere")
    assert "Block 2: a.py: SEARCH matches 3 times" in text
    assert "Block 3: b.py" in text
    assert len(text) <= 6000


LINES = st.lists(
    st.text(st.characters(blacklist_characters="\n\r\0", blacklist_categories=["Cs"]), max_size=5),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(lines=LINES, data=st.data(), end=st.sampled_from(["\n", "\r\n"]))
def test_replacing_a_unique_run_of_lines_does_just_that(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject, end: str
) -> None:
    lines = [f"{n}{line.rstrip()}" for n, line in enumerate(lines)]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    tree = tmp_path_factory.mktemp("tree")
    (tree / "a.py").write_bytes("".join(line + end for line in lines).encode())
    search = "".join(f"{line}\n" for line in lines[start:stop])
    edits = apply_blocks(parse_blocks(block(search, "new\n")), tree, anything)
    assert edits["a.py"] == "".join(line + end for line in [*lines[:start], "new", *lines[stop:]])
