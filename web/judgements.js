import { byId, element } from "./element.js";
import { failureView } from "./failure.js";
import { dateOf, listed, say } from "./words.js";

/** What readers say of answers, for owners; and questions that the documents had no answer to. */
export class Judgements {
  #service;
  #signIn;
  #after = null;
  #list = element("ul", { className: "rows" });
  #below = element("div", { className: "below" });
  #gaps = element("input", { type: "checkbox", id: "gaps" });

  constructor(service, signIn) {
    this.#service = service;
    this.#signIn = { word: signIn.again, begin: async () => (await signIn.begin()) && this.load() };
    this.#gaps.addEventListener("change", () => this.#narrow());
    const label = element("label", { htmlFor: "gaps" }, say("judged.gaps"));
    byId("judgements").append(element("p", { className: "finder check" }, this.#gaps, label), this.#list, this.#below);
  }

  load() {
    this.#after = null;
    this.#list.replaceChildren();
    return this.#more();
  }

  async #more() {
    this.#below.replaceChildren(element("p", { className: "hint" }, say("list.loading")));
    try {
      const { feedback, after } = await this.#service.judgements(this.#after);
      this.#list.append(...feedback.map(row));
      this.#after = after ?? null;
      this.#below.replaceChildren();
      if (after) this.#below.append(element("button", { type: "button", className: "button", onclick: () => this.#more() }, say("list.more")));
      this.#narrow();
    } catch (failure) {
      this.#below.replaceChildren(failureView(failure, { retry: () => this.#more(), signIn: this.#signIn }));
    }
  }

  #narrow() {
    const rows = [...this.#list.children];
    for (const item of rows) item.hidden = this.#gaps.checked && !item.classList.contains("gap");
    this.#below.querySelector(".none")?.remove();
    if (!rows.some((item) => !item.hidden) && !this.#after) this.#below.append(element("p", { className: "hint none" }, say("judged.none")));
  }
}

function row({ at, rating, reason, comment, question, answer, documents, grounded, model }) {
  const about = [dateOf(at), say(rating ? `judged.${rating}` : "judged.unrated"), reason && say(`judged.${reason}`), grounded ? null : say("judged.unsupported"), listed(documents), model];
  return element(
    "li",
    { className: grounded && reason !== "missing" ? "row" : "row gap" },
    element(
      "div",
      {},
      element("p", { className: "row-title", dir: "auto" }, question ?? say("judged.not-kept")),
      answer ? element("p", { className: "said", dir: "auto" }, answer) : null,
      comment ? element("p", { className: "said", dir: "auto" }, say("judged.comment", { words: comment })) : null,
      element("p", { className: "hint" }, about.filter(Boolean).join(" · ")),
    ),
  );
}
