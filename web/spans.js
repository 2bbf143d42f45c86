import { element } from "./element.js";
import { formula } from "./maths.js";

const FORMS = [
  ["code", /`([^`\n]+)`/],
  ["apart", /(?<![\\$])\$\$([^$]+)\$\$(?!\$)|\\\[([^\n]+?)\\\]/],
  // A dollar before an amount begins no formula: one ends without a space and before no digit or letter, and has a
  // sign of mathematics, or is a single letter or a number of them.
  ["formula", /\\\(([^\n]+?)\\\)|(?<![\w$\\])\$(?=\S)([^$\n]*[\\^_=<>+][^$\n]*|\d*[A-Za-z]'*|[A-Za-z]\([A-Za-z, ]+\))(?<![\s\\])\$(?![\w$])/],
  ["strong", /\*\*(?=\S)([^\n]*?\S)\*\*(?!\*)/],
  ["em", /(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])|(?<!\w)_(?=[^\s_])([^_\n]*[^\s_])_(?!\w)/],
  ["link", /!?\[([^\]\n]{1,500})\]\((https?:\/\/[^\s()]+(?:\([^\s()]*\)[^\s()]*)*)\)/],
  ["address", /https?:\/\/[^\s<>"'`\])]+[^\s<>"'`\]).,;:!?]/],
  ["cite", /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()/],
];
const ANY = new RegExp(FORMS.map(([name, form]) => `(?<${name}>${form.source})`).join("|"));

/**
 * The nodes of a line: code, bold, italics, formulas, links and numbers of sources.
 *
 * `links.holds(address)` says whether a source of the answer holds the address: any other is text, because a model may
 * be led to make up an address that carries away what it has read. `links.cite(number)` makes the node of a source, or null.
 */
export function spans(text, links = {}) {
  const nodes = [];
  for (let rest = text; rest; ) {
    const found = ANY.exec(rest);
    if (!found) return [...nodes, rest];
    if (found.index) nodes.push(rest.slice(0, found.index));
    const name = Object.keys(found.groups).find((each) => found.groups[each] !== undefined);
    nodes.push(...drawn(name, found[0], links));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function drawn(name, whole, links) {
  const [, ...groups] = new RegExp(FORMS.find(([each]) => each === name)[1].source).exec(whole) ?? [];
  const inner = groups.find((group) => group !== undefined);
  if (name === "code") return [element("code", {}, inner)];
  if (name === "formula" || name === "apart") return [formula(inner, whole, false)];
  if (name === "strong" || name === "em") return [element(name, {}, ...spans(inner, links))];
  if (name === "cite") return cited(whole, inner, links);
  const address = name === "link" ? groups[1] : whole;
  if (whole.startsWith("!") || !links.holds?.(address)) return [whole];
  return [element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, name === "link" ? groups[0] : whole)];
}

function cited(whole, numbers, links) {
  const nodes = numbers.split(",").map((number) => links.cite?.(Number(number)));
  return nodes.every(Boolean) ? nodes : [whole];
}
