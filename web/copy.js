import { announce, element } from "./element.js";
import { say } from "./words.js";

const SAID = 2000; // milliseconds for which the button says what came of it

/** A button that copies a text; null where the browser copies nothing. */
export function copier(text) {
  if (!navigator.clipboard) return null;
  const copy = element("button", { type: "button", className: "quiet small" }, say("answer.copy"));
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = say("answer.copied");
    } catch {
      copy.textContent = say("answer.not-copied");
    }
    announce(copy.textContent);
    setTimeout(() => (copy.textContent = say("answer.copy")), SAID);
  });
  return copy;
}
