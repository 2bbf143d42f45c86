/** What the files people choose hold, as documents `{id, title, text}`, read in the browser. */

const READERS = {
  txt: (text, file) => one(file, text),
  md: (text, file) => one(file, text, /^#\s+(.+)$/m.exec(text)?.[1]),
  html: (text, file) => page(text, file),
  csv: (text, file) => table(text, file),
  json: (text, file) => list(text, file),
  ndjson: (text, file) => lines(text, file),
};
const SAME = { htm: "html", jsonl: "ndjson", markdown: "md", text: "txt" };

/** `{documents, failures}`: failures are sentences about single entries; where nothing can be read an Error holds the sentence. */
export async function documentsOf(file) {
  const ending = /\.([^.]+)$/.exec(file.name.toLowerCase())?.[1] ?? "";
  const reader = READERS[SAME[ending] ?? ending];
  if (!reader) throw new Error("This kind of file is not read here. Save it as text, Markdown, HTML, CSV, JSON or NDJSON.");
  const { documents, failures = [] } = reader(await decoded(file), file);
  if (!documents.length && !failures.length) throw new Error("The file holds no text.");
  return { documents, failures };
}

async function decoded(file) {
  let bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error("The file could not be read. If it is a folder, choose the files in it.");
  }
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    const text = new TextDecoder(wide ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // the same sentence as for a text with null characters
  }
  throw new Error("The file is not text in UTF-8. Save it as UTF-8 and add it again.");
}

function one(file, text, title) {
  const stem = file.name.replace(/\.[^.]+$/, "");
  return { documents: text.trim() ? [{ id: slug(file.name), title: (title ?? stem).trim().slice(0, 300), text: text.trim() }] : [] };
}

/** A name as an id: letters and digits of any script, and `. _ -`; the API takes at most 500 bytes. */
const slug = (name) => name.normalize("NFC").replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 120);

const BREAKS = new Set("ADDRESS ARTICLE ASIDE BLOCKQUOTE BR DD DIV DL DT FIGCAPTION FIGURE FOOTER H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN OL P PRE SECTION TABLE TR UL".split(" "));
const UNREAD = new Set("SCRIPT STYLE NOSCRIPT TEMPLATE NAV SVG IFRAME OBJECT FORM BUTTON SELECT HEAD".split(" "));

const SCRIPTS = /<(script|style)\b[^]*?<\/\1\s*>/gi;
const TAGS = /<([a-z][a-z0-9-]*)(?:[^>"']|"[^"]*"|'[^']*')*>/gi;

/**
 * The readable text of an HTML file. DOMParser runs and loads nothing, but reports each inline style and handler as a breach
 * of the page's policy: only bare tags are given to it.
 */
function page(html, file) {
  const parsed = new DOMParser().parseFromString(html.replace(SCRIPTS, "").replace(TAGS, "<$1>"), "text/html");
  const parts = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) parts.push(node.data.replace(/\s+/g, " "));
    if (node.nodeType !== Node.ELEMENT_NODE || UNREAD.has(node.nodeName.toUpperCase())) return;
    const apart = BREAKS.has(node.nodeName);
    if (apart) parts.push("\n");
    if (node.nodeName === "TD" || node.nodeName === "TH") parts.push(" ");
    node.childNodes.forEach(walk);
    if (apart) parts.push("\n");
  };
  walk(parsed.body);
  const text = parts.join("").replace(/ *\n */g, "\n").replace(/\n{3,}/g, "\n\n").replace(/ {2,}/g, " ");
  return one(file, text, parsed.title || undefined);
}

/** A table with a `text` column is a document in each row; any other is one document, each row a line that names its columns. */
function table(text, file) {
  const [header = [], ...rows] = cells(text);
  const names = header.map((name) => name.trim());
  const column = (name) => names.findIndex((other) => other.toLowerCase() === name);
  if (column("text") < 0) {
    const sentences = rows.map((row) => `${row.map((cell, index) => `${names[index] || index + 1}: ${cell.trim()}`).join("; ")}.`);
    return one(file, sentences.join("\n"));
  }
  const entries = rows.map((row) => ({ id: row[column("id")], title: row[column("title")], text: row[column("text")] }));
  return collect(entries, file, "Row");
}

function cells(text) {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const comma = [",", ";", "\t"].reduce((best, mark) => (first.split(mark).length > first.split(best).length ? mark : best));
  const rows = [[]];
  const pattern = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${comma}\\r\\n][^${comma}\\r\\n]*)?)(${comma}|\\r?\\n|$)`, "g");
  for (const [whole, quoted, plain = "", end] of text.matchAll(pattern)) {
    if (!whole && !end) break;
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end.endsWith("\n")) rows.push([]);
  }
  return rows.filter((row) => row.some((cell) => cell.trim()));
}

function list(text, file) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is not valid JSON: ${error.message}.`);
  }
  return collect(value?.documents ?? (Array.isArray(value) ? value : [value]), file, "Entry");
}

function lines(text, file) {
  const entries = text.split("\n").map((line) => {
    try {
      return line.trim() ? JSON.parse(line) : undefined;
    } catch {
      return null;
    }
  });
  return collect(entries, file, "Line");
}

/** Entries as documents; `undefined` is an empty line. One without an id is named by the file and its place in it. */
function collect(entries, file, word) {
  const documents = [];
  const failures = [];
  entries.forEach((entry, index) => {
    if (entry === undefined) return;
    const { id, title, text } = entry ?? {};
    if (typeof text === "string" && text.trim()) {
      const document = { id: String(id || `${slug(file.name)}-${index + 1}`), text };
      documents.push(title ? { ...document, title: String(title) } : document);
    } else failures.push(`${word} ${index + 1} is not a document: it needs a "text" that is not empty.`);
  });
  return { documents, failures };
}
