"""The formats by the endings of file names."""

from pathlib import PurePosixPath

# Pictures, which need text recognition.
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
# The module of `corpus.formats` for each ending. It is imported only for such a file, because parsers are large.
FORMATS = {
    ".ndjson": "lines",
    ".jsonl": "lines",
    ".json": "values",
    ".csv": "rows",
    ".tsv": "rows",
    ".parquet": "columns",
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xltx", ".xltm", ".xls", ".ods", ".ots", ".fods"), "sheets"),
    **dict.fromkeys((".md", ".markdown", ".mdx", ".qmd", ".rmd"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "page"),
    ".xml": "xml",
    ".pdf": "pdf",
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), "word"),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), "slides"),
    **dict.fromkeys((".odt", ".odp", ".ott", ".otp", ".fodt", ".fodp"), "opendocument"),
    ".rtf": "rich_text",
    ".epub": "book",
    **dict.fromkeys((".eml", ".mht", ".mhtml"), "mail"),
    ".ipynb": "notebook",
    **dict.fromkeys((".vtt", ".srt"), "subtitles"),
    **dict.fromkeys((".txt", ".text", ".log", ".rst", ".adoc", ".asciidoc", ".tex", ".org"), "plain"),
    **dict.fromkeys((".yaml", ".yml"), "plain"),
    **dict.fromkeys((".ics", ".vcf"), "folded"),
    **dict.fromkeys(PICTURES, "picture"),
}
# Formats that are not read, and what to do. A file with such a name may still contain a format that is read.
OTHER_FORMATS = {
    **dict.fromkeys((".doc", ".dot", ".wps", ".wpd", ".pages"), "save it as .docx"),
    **dict.fromkeys((".ppt", ".pps", ".pot", ".key"), "save it as .pptx"),
    **dict.fromkeys((".xlt", ".numbers"), "save it as .xlsx"),
    **dict.fromkeys((".msg", ".pst", ".mbox"), "save its messages as .eml"),
    **dict.fromkeys((".pub", ".vsd", ".vsdx", ".xps", ".oxps", ".djvu", ".ps", ".one"), "save it as .pdf"),
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".fb2"), "convert it to .epub"),
    **dict.fromkeys((".zip", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz"), "unpack it"),
}
COMPRESSED = ".gz"


def readable(name: str, *, pictures: bool = False) -> bool:
    """Whether the name has the ending of a format, perhaps with `.gz`; with `pictures`, also that of a picture."""
    return ending(name) in FORMATS and (pictures or ending(name) not in PICTURES)


def ending(name: str) -> str:
    """The ending of a name, which determines the format, in lower case; empty if there is none."""
    return PurePosixPath(name.lower().removesuffix(COMPRESSED)).suffix


def unreadable(name: str) -> str:
    """Why a file of this name is not read, judged by the name only."""
    end = ending(name)
    if end in OTHER_FORMATS:
        return f"is of a format that is not read ({end}); {OTHER_FORMATS[end]}"
    return f"is none of {', '.join(FORMATS)}"


def unreadable_within(name: str) -> str:
    """Why a file of this name, which is inside another file, is not read."""
    advice = OTHER_FORMATS.get(ending(name))
    return "is attached, but its format cannot be read" + (f"; {advice}" if advice else "")
