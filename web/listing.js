import { element } from "./element.js";
import { failureView } from "./failure.js";
import { say } from "./words.js";

/** A list that the server gives page by page. A load begins it anew, and drops what an earlier one still brings. */
export class Listing {
  rows = element("ul", { className: "rows" });
  below = element("div", { className: "below" });
  /** The way out of a failure, for those of rows, too. */
  signIn;
  #fetch;
  #row;
  #none;
  #after = null;
  #load = 0;

  /** `fetch(after)` resolves to `{items, after}`, `row(item)` is an item's node, `none()` the sentence without any. */
  constructor(signIn, { fetch, row, none }) {
    this.signIn = { word: signIn.again, begin: async () => (await signIn.begin()) && this.load() };
    this.#fetch = fetch;
    this.#row = row;
    this.#none = none;
  }

  async load() {
    this.#after = null;
    this.#load += 1;
    this.rows.replaceChildren();
    await this.#more();
  }

  async #more() {
    const load = this.#load;
    this.below.replaceChildren(element("p", { className: "hint" }, say("list.loading")));
    try {
      const { items, after } = await this.#fetch(this.#after);
      if (load !== this.#load) return null;
      const rows = items.map((item) => this.#row(item));
      this.rows.append(...rows);
      this.#after = after ?? null;
      this.tell();
      return rows[0] ?? null;
    } catch (failure) {
      if (load === this.#load) this.below.replaceChildren(failureView(failure, { retry: () => this.#more(), signIn: this.signIn }));
      return null;
    }
  }

  /** Says below the rows that there are more, or none. */
  tell() {
    const more = async () => step(await this.#more());
    this.below.replaceChildren();
    if (this.#after) this.below.append(element("button", { type: "button", className: "button", onclick: more }, say("list.more")));
    else if ([...this.rows.children].every((row) => row.hidden)) this.below.append(element("p", { className: "hint" }, this.#none()));
  }
}

/** Moves the focus to the first row of a further page, whose button is gone. */
export function step(row) {
  if (!row || document.activeElement !== document.body) return;
  row.tabIndex = -1;
  row.focus();
}
