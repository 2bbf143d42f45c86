import { byId, element } from "./element.js";
import { Listing } from "./listing.js";
import { dateOf, listed, say } from "./words.js";

/** What readers say of answers, for owners; and questions that the documents had no answer to. */
export class Judgements {
  #listing;
  #gaps = element("input", { type: "checkbox", id: "gaps" });

  constructor(service, signIn) {
    const fetch = async (after) => {
      const page = await service.judgements(after);
      return { items: page.feedback, after: page.after };
    };
    this.#listing = new Listing(signIn, { fetch, row: (judgement) => this.#narrow(row(judgement)), none: () => say("judged.none") });
    const { rows, below } = this.#listing;
    this.#gaps.addEventListener("change", () => {
      for (const item of rows.children) this.#narrow(item);
      this.#listing.tell();
    });
    const label = element("label", { htmlFor: "gaps" }, say("judged.gaps"));
    byId("judgements").append(element("p", { className: "finder check" }, this.#gaps, label), rows, below);
  }

  load() {
    return this.#listing.load();
  }

  #narrow(item) {
    item.hidden = this.#gaps.checked && !item.classList.contains("gap");
    return item;
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
