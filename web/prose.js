import { element } from "./element.js";

const BULLET = /^\s*[-*•]\s+/;
const NUMBER = /^\s*\d+[.)]\s+/;

/** An answer as paragraphs, lists, headings and code. Links, images and HTML in a model's Markdown are not rendered. */
export function prose(text) {
  const blocks = document.createDocumentFragment();
  const lines = text.replaceAll("\r", "").split("\n");
  for (let at = 0; at < lines.length; ) {
    const take = (matches) => {
      const taken = [];
      while (at < lines.length && matches(lines[at])) taken.push(lines[at++]);
      return taken;
    };
    if (!lines[at].trim()) at++;
    else if (lines[at].startsWith("```")) {
      at++;
      const code = take((line) => !line.startsWith("```"));
      at++;
      blocks.append(element("pre", { tabIndex: 0 }, element("code", {}, code.join("\n"))));
    } else if (BULLET.test(lines[at])) blocks.append(list("ul", take((line) => BULLET.test(line)), BULLET));
    else if (NUMBER.test(lines[at])) {
      const start = Number.parseInt(lines[at], 10);
      blocks.append(Object.assign(list("ol", take((line) => NUMBER.test(line)), NUMBER), { start }));
    } else if (/^#{1,6}\s/.test(lines[at])) {
      blocks.append(element("p", { className: "heading" }, ...spans(lines[at++].replace(/^#+\s+/, ""))));
    } else {
      const paragraph = take((line) => line.trim() && !/^(```|#{1,6}\s)/.test(line) && !BULLET.test(line) && !NUMBER.test(line));
      blocks.append(element("p", {}, ...spans(paragraph.join("\n"))));
    }
  }
  return blocks;
}

const list = (tag, lines, mark) => element(tag, {}, ...lines.map((line) => element("li", {}, ...spans(line.replace(mark, "")))));

function spans(text) {
  return text.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`)/).map((part) => {
    if (/^\*\*.+\*\*$/.test(part)) return element("strong", {}, part.slice(2, -2));
    if (/^`.+`$/.test(part)) return element("code", {}, part.slice(1, -1));
    return part;
  });
}
