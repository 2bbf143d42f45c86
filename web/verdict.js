import { announce, element } from "./element.js";
import { failureView } from "./failure.js";
import { say } from "./words.js";

const REASONS = ["wrong", "incomplete", "sources", "missing", "other"];
const LONGEST = 1000; // characters of the reader's own words

/** What is kept, in words; the reader sees it before anything is sent. */
const consent = ({ keep, days }) => say(keep === "texts" ? "verdict.texts-kept" : "verdict.rating-kept", { number: days });

/** Two buttons for an answer, and after the second a form for the reason. */
export class Verdict {
  node = element("div", { className: "verdict" });
  #id;
  #kept;
  #service;
  #good = this.#button(say("verdict.good"), "good", () => this.#press("up"));
  #bad = this.#button(say("verdict.bad"), "bad", () => this.#press("down"));
  #more = element("div", { className: "verdict-more" });
  #rating = null;
  #given = false;
  #sending = false;

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

  /** Shows the rating from before, unless the reader has judged meanwhile. */
  recall(rating) {
    if (!this.#given) this.#show(rating);
  }

  #show(rating) {
    this.#rating = rating;
    this.#good.setAttribute("aria-pressed", String(rating === "up"));
    this.#bad.setAttribute("aria-pressed", String(rating === "down"));
  }

  #press(rating) {
    if (this.#sending) return null;
    this.#given = true;
    if (this.#rating === rating) return this.#send(null);
    return rating === "up" ? this.#send({ rating }) : this.#ask();
  }

  #ask() {
    const name = `reason-${this.#id}`;
    const reason = element("select", { id: name }, ...REASONS.map((value) => element("option", { value }, say(`reason.${value}`))));
    const words = element("textarea", { id: `words-${this.#id}`, rows: 2, maxLength: LONGEST, dir: "auto" });
    const form = element(
      "form",
      {},
      element("label", { htmlFor: name }, say("verdict.what")),
      reason,
      ...(this.#kept.keep === "texts" ? [element("label", { htmlFor: words.id }, say("verdict.words")), words] : []),
      element("p", { className: "hint" }, consent(this.#kept)),
      element("div", { className: "buttons" }, element("button", { type: "button", className: "quiet", onclick: () => this.#close() }, say("verdict.cancel")), element("button", { type: "submit", className: "button" }, say("verdict.send"))),
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
    const held = this.#more.contains(document.activeElement);
    this.#sending = true;
    this.#more.replaceChildren(element("p", { className: "hint" }, say("stage.sending")));
    if (held) this.#bad.focus();
    try {
      await (judgement ? this.#service.rate(this.#id, judgement) : this.#service.withdraw(this.#id));
    } catch (failure) {
      this.#more.replaceChildren(failureView(failure, { retry: () => this.#send(judgement) }));
      return;
    } finally {
      this.#sending = false;
    }
    this.#show(judgement?.rating ?? null);
    const said = judgement ? say("verdict.thanks", { consent: consent(this.#kept) }) : say("verdict.withdrawn");
    this.#more.replaceChildren(element("p", { className: "hint" }, said));
    announce(said);
  }
}
