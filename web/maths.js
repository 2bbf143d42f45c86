import { element } from "./element.js";

const LONGEST = 4000; // characters of a formula
const LARGEST = 20; // em, of what a formula may measure for itself
const TRIES = 4; // a crowd takes turns
const PAUSE = 1500; // milliseconds between them
const MATHML = "http://www.w3.org/1998/Math/MathML";

let arrival = null;

/**
 * A formula in TeX as MathML. `whole` is how the answer has it, with its marks: it is shown until the library has come,
 * and instead of what the library does not understand or trust. `apart` formulas have lines of their own.
 */
export function formula(tex, whole, apart) {
  const node = element(apart ? "div" : "span", { className: "formula" }, whole);
  if (tex.length > LONGEST) return node;
  if (globalThis.temml) set(node, tex, apart);
  else (arrival ??= fetched()).then(() => set(node, tex, apart), () => {});
  return node;
}

/** The library comes with the first formula. The page's policy has its hash, and lets no other text of it run. */
async function fetched() {
  let answer;
  for (let tries = 0; tries < TRIES && answer?.status !== 200; tries++) {
    if (answer) await new Promise((goOn) => setTimeout(goOn, PAUSE));
    answer = await fetch(new URL("rag/temml/temml.min.js", location.href));
  }
  if (!answer.ok) throw new Error(`temml: ${answer.status}`);
  document.head.append(element("script", { textContent: await answer.text() }));
}

function set(node, tex, apart) {
  const drawn = document.createElement("div");
  try {
    globalThis.temml.render(tex, drawn, { displayMode: apart, throwOnError: true, trust: false, maxSize: [LARGEST, LARGEST], maxExpand: 200 });
  } catch {
    return;
  }
  if ([...drawn.querySelectorAll("*")].some((each) => each.namespaceURI !== MATHML || each.hasAttribute("href"))) return;
  node.replaceChildren(...drawn.childNodes);
  requestAnimationFrame(() => {
    // What is wider than the page scrolls by itself, also by the keyboard.
    const line = node.closest("div.formula, p");
    if (line?.scrollWidth > line?.clientWidth) line.tabIndex = 0;
  });
}
