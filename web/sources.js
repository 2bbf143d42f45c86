import { element } from "./element.js";
import { opener } from "./original.js";
import { known, nodes, say, score } from "./words.js";

/** What the embedding model's similarity means; where that was never measured, the number alone. */
const match = (source) => {
  const number = source.similarity === null || source.similarity === undefined ? null : score(source.similarity);
  const word = `match.${source.match}`;
  return known(word) ? [say(word), number].filter(Boolean).join(" ") : number ? say("sources.similarity", { score: number }) : null;
};
const evidence = (number) => (number >= 0.75 ? "strong" : number >= 0.4 ? "partial" : "weak");

/**
 * The passages behind an answer, the sentences it draws on marked; while there is none, those near to the question.
 * `prefix` keeps the ids of one page apart.
 */
export class Sources {
  node = element("div", { className: "sources" });
  #prefix;
  #service;
  #opened = new Map();
  #shown = [];
  #numbers = [];

  constructor(prefix, service) {
    this.#prefix = prefix;
    this.#service = service;
  }

  /**
   * Drawn when sources are found, and again when the answer's evidence is known; open and closed sources stay so.
   * `numbers` are those by which the answer cites them: of an old answer, some may be missing.
   */
  show(sources, finished, grounded = true, numbers = sources.map((_, index) => index + 1)) {
    this.#shown = sources;
    this.#numbers = numbers;
    if (!sources.length) return this.node.replaceChildren();
    const used = sources.some((source) => source.used?.length);
    const near = !used && sources.some((source) => source.highlights?.length);
    const half = used && sources.some((source) => source.trusted === false && source.used?.length);
    const legend = used ? "sources.drawn" : near ? "sources.near" : null;
    const held = this.node.contains(document.activeElement) ? document.activeElement.closest("details")?.id : null;
    this.node.replaceChildren(
      element("h3", {}, finished ? say(grounded ? "sources.heading" : "sources.read") : say("sources.reading", { number: sources.length })),
      finished && legend ? element("p", { className: "legend" }, ...nodes(legend, { marked: element("mark", {}, say("sources.marked")) }), half ? ` ${say("sources.half")}` : "") : "",
      element("ol", {}, ...sources.map((source, index) => element("li", {}, this.#card(source, numbers[index], near ? source.highlights : source.used, finished)))),
    );
    if (held) this.node.querySelector(`#${held} summary`)?.focus({ preventScroll: true });
  }

  /** No answer came of the sources that are shown. */
  interrupt() {
    this.show(this.#shown, true, false, this.#numbers);
  }

  /** Buttons from the answer to its sources. */
  jumps(sources) {
    const used = sources.map((source, index) => ({ source, number: this.#numbers[index] })).filter(({ source }) => source.used?.length);
    if (!used.length) return null;
    return element(
      "div",
      { className: "jumps" },
      element("span", { className: "hint" }, say("sources.based")),
      ...used.map(({ source, number }) =>
        element(
          "button",
          { type: "button", className: "jump", onclick: () => this.#reveal(number) },
          element("span", { className: "number used" }, String(number)),
          element("span", { className: "jump-title", dir: "auto" }, name(source)),
        ),
      ),
    );
  }

  /** The button of a number in the answer, which opens the source at its place; null if there is no such source. */
  cite(number) {
    const source = this.#shown[this.#numbers.indexOf(number)];
    if (!source) return null;
    return element("button", { type: "button", className: "cite", "aria-label": say("sources.cite", { number, name: name(source) }), onclick: () => this.#reveal(number) }, String(number));
  }

  /** Whether a source holds the address, or is the document there. */
  holds(address) {
    return this.#shown.some((source) => source.document === address || source.text.includes(address));
  }

  #reveal(number) {
    const card = this.node.querySelector(`#${this.#prefix}-${number}`);
    card.open = true;
    (card.querySelector("mark") ?? card).scrollIntoView({ block: "nearest" });
    card.querySelector("summary").focus({ preventScroll: true });
    card.classList.remove("revealed");
    requestAnimationFrame(() => card.classList.add("revealed"));
  }

  #card(source, number, marks = [], finished = true) {
    const used = source.used ?? [];
    const card = element(
      "details",
      { id: `${this.#prefix}-${number}`, open: this.#opened.get(number) ?? (finished && marks.length > 0) },
      element(
        "summary",
        {},
        element("span", { className: used.length ? "number used" : "number" }, String(number)),
        element(
          "span",
          { className: "source-head" },
          element("span", { className: "source-title", dir: "auto" }, name(source)),
          element(
            "span",
            { className: "source-facts" },
            [match(source), place(source) ?? part(source), loader(source), used.length ? say("sources.used", { number: used.length }) : null]
              .filter(Boolean)
              .join(" · "),
          ),
        ),
      ),
      element("div", { className: "passage", dir: "auto" }, ...marked(source.text, marks)),
      source.original ? opener(this.#service, source) : null,
    );
    card.querySelector("summary").addEventListener("click", () => this.#opened.set(number, !card.open));
    return card;
  }
}

const name = (source) => source.title || source.document || source.id;

const part = (source) => {
  const [, passage] = /#(\d+)$/.exec(source.id) ?? [];
  return passage ? say("sources.passage", { place: passage }) : null;
};

/** Who has loaded a source that is not trusted. */
const loader = (source) => (source.trusted === false && known(`loader.${source.loaded_by}`) ? say(`loader.${source.loaded_by}`) : null);

/** The position of the passage in its file. */
const place = ({ title, page, slide, sheet, section }) =>
  [page && say("sources.page", { place: page }), slide && say("sources.slide", { place: slide }), sheet && say("sources.sheet", { place: sheet }), section === title ? null : section].filter(Boolean).join(", ") || null;

/** The text with marked ranges, and the score. Ranges count code points; JavaScript strings do not, hence the array. */
export function marked(text, ranges) {
  const characters = Array.from(text);
  const nodes = [];
  let at = 0;
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const start = Math.max(range.start, at);
    if (range.end <= start) continue;
    nodes.push(characters.slice(at, start).join(""));
    const words = characters.slice(start, range.end).join("");
    if (range.score === undefined) nodes.push(element("mark", {}, words));
    else {
      const strength = evidence(range.score);
      nodes.push(element("mark", { className: strength }, words), " ", element("span", { className: "evidence" }, `${say(`evidence.${strength}`)} ${score(range.score)}`));
    }
    at = range.end;
  }
  nodes.push(characters.slice(at).join(""));
  return nodes;
}
