import { announce, element } from "./element.js";
import { failureView } from "./failure.js";

const REASONS = { wrong: "The answer is wrong", incomplete: "Something is missing from it", sources: "Its sources do not say this", missing: "The documents say it, and it was not found", other: "Something else" };
const LONGEST = 1000; // characters of the reader's own words

/** What is kept, in words; the reader sees it before anything is sent. */
const consent = ({ keep, days }) =>
  `${keep === "texts" ? "The question, the answer and your words are" : "Your rating is"} kept for ${days} days, without your name. The owners of this page read ${keep === "texts" ? "them" : "it"}.`;

/** Two buttons for an answer, and after "Not good" a form for the reason. */
export class Verdict {
  node = element("div", { className: "verdict" });
  #id;
  #kept;
  #service;
  #good = this.#button("Good answer", "good", () => this.#press("up"));
  #bad = this.#button("Not good", "bad", () => this.#press("down"));
  #more = element("div", { className: "verdict-more" });
  #rating = null;

  /** `kept` says what is kept of it; `id` is the answer's conversation id. */
  constructor(service, id, kept) {
    this.#service = service;
    this.#id = id;
    this.#kept = kept;
    this.node.append(element("div", { className: "verdict-buttons", title: consent(kept) }, this.#good, this.#bad), this.#more);
  }

  #button(word, icon, onclick) {
    const button = element("button", { type: "button", className: "quiet small", onclick }, element("i", { className: `icon ${icon}`, "aria-hidden": "true" }), word);
    button.setAttribute("aria-pressed", "false");
    return button;
  }

  #press(rating) {
    if (this.#rating === rating) return this.#send(null);
    return rating === "up" ? this.#send({ rating }) : this.#ask();
  }

  #ask() {
    const name = `reason-${this.#id}`;
    const reason = element("select", { id: name }, ...Object.entries(REASONS).map(([value, words]) => element("option", { value }, words)));
    const words = element("textarea", { id: `words-${this.#id}`, rows: 2, maxLength: LONGEST });
    const form = element(
      "form",
      {},
      element("label", { htmlFor: name }, "What is not good?"),
      reason,
      ...(this.#kept.keep === "texts" ? [element("label", { htmlFor: words.id }, "In your words, if you like"), words] : []),
      element("p", { className: "hint" }, consent(this.#kept)),
      element("div", { className: "buttons" }, element("button", { type: "button", className: "quiet", onclick: () => this.#close() }, "Cancel"), element("button", { type: "submit", className: "button" }, "Send")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const comment = words.value.trim();
      this.#send({ rating: "down", reason: reason.value, ...(comment ? { comment } : {}) });
    });
    this.#more.replaceChildren(form);
    reason.focus();
  }

  #close() {
    this.#more.replaceChildren();
    this.#bad.focus();
  }

  /** Sends the judgement, or withdraws it with null. */
  async #send(judgement) {
    try {
      await (judgement ? this.#service.rate(this.#id, judgement) : this.#service.withdraw(this.#id));
    } catch (failure) {
      this.#more.replaceChildren(failureView(failure, { retry: () => this.#send(judgement) }));
      return;
    }
    this.#rating = judgement?.rating ?? null;
    this.#good.setAttribute("aria-pressed", String(this.#rating === "up"));
    this.#bad.setAttribute("aria-pressed", String(this.#rating === "down"));
    const said = judgement ? `Thank you. ${consent(this.#kept)}` : "Your rating is withdrawn.";
    this.#more.replaceChildren(element("p", { className: "hint" }, said));
    announce(said);
  }
}
