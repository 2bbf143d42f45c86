import { element } from "./element.js";
import { formula } from "./maths.js";
import { spans } from "./spans.js";
import { say } from "./words.js";

const FENCE = /^\s*(`{3,}|~{3,})/;
const ITEM = /^(\s*)(?:[-*+•]|(\d{1,9})[.)])\s+/;
const HEADING = /^#{1,6}\s+/;
const QUOTE = /^\s*>\s?/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const MATH = /^\s*(?:\$\$(?!\$)|\\\[)/;
const FORMULA = /^\s*(?:\$\$((?:(?!\n\s*\n)[^$])+)\$\$(?!\$)|\\\[((?:(?!\n\s*\n)[^])+?)\\\])/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 6; // lists and quotes within one another

/**
 * An answer in Markdown as nodes: paragraphs, nested lists, tables, quotes, headings, code, formulas.
 * Images and HTML are text. `links` says what spans.js may link.
 */
export function prose(text, links) {
  const blocks = document.createDocumentFragment();
  blocks.append(...parsed(text.replaceAll("\r", "").split("\n"), links, 0));
  return blocks;
}

function parsed(lines, links, depth) {
  const blocks = [];
  const inner = (part) => (depth < DEEPEST ? parsed(part, links, depth + 1) : [element("p", {}, ...spans(part.join("\n"), links))]);
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    let found;
    const take = (matches) => {
      const taken = [];
      while (at < lines.length && matches(lines[at], taken.length)) taken.push(lines[at++]);
      return taken;
    };
    if (!line.trim()) at++;
    else if (FENCE.test(line)) {
      const [, mark] = FENCE.exec(line);
      at++;
      const code = take((next) => !next.trim().startsWith(mark));
      at++;
      blocks.push(element("pre", { tabIndex: 0 }, element("code", {}, code.join("\n"))));
    } else if ((found = MATH.test(line) && FORMULA.exec(lines.slice(at).join("\n")))) {
      blocks.push(formula(found[1] ?? found[2], found[0], true));
      at += found[0].split("\n").length - 1;
      lines[at] = lines[at].slice(found[0].length - found[0].lastIndexOf("\n") - 1);
    } else if (RULE.test(line)) {
      at++;
      blocks.push(element("hr"));
    } else if (HEADING.test(line)) {
      blocks.push(element("p", { className: "heading" }, ...spans(lines[at++].replace(HEADING, ""), links)));
    } else if (QUOTE.test(line)) {
      blocks.push(element("blockquote", {}, ...inner(take((next) => QUOTE.test(next)).map((next) => next.replace(QUOTE, "")))));
    } else if (ITEM.test(line)) {
      blocks.push(list(take((next, number) => number === 0 || continues(next, lines[at - 1], line)), links, inner));
    } else if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "") && lines[at + 1].includes("-")) {
      blocks.push(table(take((next) => next.includes("|") && next.trim()), links));
    } else {
      const paragraph = take((next, number) => number === 0 || (next.trim() && !begins(next)));
      blocks.push(element("p", {}, ...spans(paragraph.join("\n"), links)));
    }
  }
  return blocks;
}

const begins = (line) => [FENCE, HEADING, QUOTE, ITEM, RULE, MATH].some((form) => form.test(line));

/** Whether the line goes on with the list that begins with `first`: another item, what is indented, or a blank between. */
function continues(line, before, first) {
  if (ITEM.test(line)) return indent(line) > indent(first) || numbered(line) === numbered(first);
  return !line.trim() || indent(line) > indent(first) || (before.trim() !== "" && !begins(line));
}

const indent = (line) => /^\s*/.exec(line)[0].replaceAll("\t", "    ").length;
const numbered = (line) => ITEM.exec(line)[2] !== undefined;

function list(lines, links, inner) {
  const least = indent(lines[0]);
  const items = [];
  for (const line of lines) {
    if (ITEM.test(line) && indent(line) <= least + 1) items.push([line.replace(ITEM, "")]);
    else items.at(-1).push(line.replace(new RegExp(`^\\s{0,${least + 4}}`), (blank) => " ".repeat(Math.max(0, blank.length - least - 2))));
  }
  const nodes = items.map((item) => {
    const at = item.findIndex((line, place) => place > 0 && (begins(line) || !line.trim()));
    const own = at < 0 ? item : item.slice(0, at);
    return element("li", {}, ...spans(own.map((line) => line.trim()).join("\n"), links), ...(at < 0 ? [] : inner(item.slice(at))));
  });
  const node = element(numbered(lines[0]) ? "ol" : "ul", {}, ...nodes);
  return numbered(lines[0]) ? Object.assign(node, { start: Number(ITEM.exec(lines[0])[2]) }) : node;
}

/** A table that scrolls by itself where it is wider than the page. */
function table([head, divider, ...rows], links) {
  const sides = cells(divider).map((cell) => (/^:-+:$/.test(cell) ? "middle" : cell.endsWith(":") ? "end" : ""));
  const row = (line, tag) => {
    const given = cells(line);
    return element("tr", {}, ...sides.map((side, at) => element(tag, { className: side }, ...spans(given[at] ?? "", links))));
  };
  const whole = element("table", {}, element("thead", {}, row(head, "th")), element("tbody", {}, ...rows.map((line) => row(line, "td"))));
  return element("div", { className: "table", tabIndex: 0, role: "region", "aria-label": say("answer.table") }, whole);
}

/** The cells of a row; a pipe with a backslash before it, or within code, is part of a cell. */
function cells(line) {
  const parts = [""];
  let code = false;
  const inside = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] === "\\" && inside[at + 1] === "|") parts[parts.length - 1] += inside[++at];
    else if (inside[at] === "|" && !code) parts.push("");
    else {
      if (inside[at] === "`") code = !code;
      parts[parts.length - 1] += inside[at];
    }
  }
  return parts.map((part) => part.trim());
}
