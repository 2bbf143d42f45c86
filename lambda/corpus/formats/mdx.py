"""MDX: Markdown with code, of which imports, exports and comments are no text."""

import re

ENDING = ".mdx"
# A statement begins a block, and an empty line ends it (https://mdxjs.com/docs/what-is-mdx/#esm).
_STATEMENT = re.compile(
    r"import\s+(?:[\"'{*]|[\w$]+\s*(?:,|from\s))|export\s+(?:[{*]|(?:default|const|let|var|function|async|class)\b)"
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_COMMENT, _END_OF_COMMENT = "{/*", "*/}"


def without_code(text: str) -> str:
    """The text without these; code in fences stays."""
    kept: list[str] = []
    fence, is_code, is_new = "", False, True
    plain: list[str] = []
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            kept.append(line)
            fence = "" if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]) else fence
        elif mark:
            kept += [_without_comments("".join(plain)), line]
            plain, fence, is_code = [], mark[1], False
        else:
            is_code = bool(line.strip()) and (is_code or (is_new and bool(_STATEMENT.match(line))))
            plain += [] if is_code else [line]
        is_new = is_code or bool(fence) or not line.strip()
    return "".join([*kept, _without_comments("".join(plain))])


def _without_comments(text: str) -> str:
    said: list[str] = []
    at = 0
    while (begin := text.find(_COMMENT, at)) >= 0 and (end := text.find(_END_OF_COMMENT, begin)) >= 0:
        said.append(text[at:begin])
        at = end + len(_END_OF_COMMENT)
    return "".join([*said, text[at:]])
