import { element } from "./element.js";
import { say } from "./words.js";

/** The searches that the answer model asked for, folded; nothing if there are none. */
export function stepsView(steps) {
  if (!steps.length) return "";
  const items = steps.map(({ query, filters, new: more }) =>
    element("li", { dir: "auto" }, query, element("span", { className: "hint" }, ` ${limits(filters)}${say("steps.new", { number: more })}`)),
  );
  return element(
    "details",
    { className: "steps" },
    element("summary", {}, say("steps.count", { number: steps.length })),
    element("ul", {}, ...items),
  );
}

/** `document: a, year: {"gte":2023}, ` */
function limits(filters) {
  const named = Object.entries({ document: filters?.document, ...filters?.fields });
  return named
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}: ${typeof value === "object" && !Array.isArray(value) ? JSON.stringify(value) : value}, `)
    .join("");
}
