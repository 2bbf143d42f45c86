import { confirmed, retitled } from "./dialog.js";
import { announce, byId, element } from "./element.js";
import { failureView } from "./failure.js";
import { Listing } from "./listing.js";
import { dateOf, say } from "./words.js";

const TYPING = 300; // milliseconds without a key, after which what was typed is looked for

/** The reader's own conversations: listed, found, opened, renamed, removed. */
export class History {
  #service;
  #open;
  #forget;
  #share;
  #search = "";
  #listing;
  #finder = element("form", { className: "finder", role: "search" });

  /** `open` shows a conversation; `forget` is told the id of one that is removed; `share` is null if none is shared. */
  constructor(service, signIn, { open, forget, share }) {
    this.#service = service;
    this.#listing = new Listing(signIn, {
      fetch: (after) => this.#page(after),
      row: ({ conversation, share }) => this.#row(conversation, share),
      none: () => say(this.#search ? "history.none-found" : "history.none"),
    });
    this.#open = open;
    this.#forget = forget;
    this.#share = share;
    const words = element("input", { type: "search", id: "find-conversation", autocomplete: "off", placeholder: say("history.words"), maxLength: 200 });
    let waiting;
    const find = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.load(words.value.trim()), TYPING);
    };
    words.addEventListener("input", find);
    this.#finder.addEventListener("submit", (event) => event.preventDefault());
    this.#finder.append(element("label", { htmlFor: words.id, className: "unseen" }, say("history.find")), words);
    byId("history").append(this.#finder, this.#listing.rows, this.#listing.below);
  }

  /** Lists from the first page on: another tab or device may have added some. */
  load(search = this.#search) {
    this.#search = search;
    return this.#listing.load();
  }

  async #page(after) {
    const share = await this.#share;
    const page = await this.#service.conversations({ search: this.#search, after });
    return { items: page.conversations.map((conversation) => ({ conversation, share })), after: page.after };
  }

  #row({ id, title, turns, changed }, share) {
    const tool = (key, onclick) => {
      const button = element("button", { type: "button", className: "quiet small", onclick }, say(key));
      button.setAttribute("aria-label", say(`${key}-this`, { title }));
      return button;
    };
    const row = element(
      "li",
      { className: "row" },
      element(
        "div",
        {},
        element("button", { type: "button", className: "row-title", dir: "auto", onclick: () => this.#open(id) }, title),
        element("p", { className: "hint" }, `${say("questions.count", { number: turns })} · ${dateOf(changed)}`),
      ),
      element("div", { className: "row-tools" }, share ? tool("share.share", () => this.#try(row, () => share(id, title), () => share(id, title))) : null, tool("history.rename", () => this.#rename(id, title, row, share)), tool("list.remove", () => this.#remove(id, title, row))),
    );
    return row;
  }

  async #rename(id, title, row, share) {
    const wanted = await retitled(title);
    if (!wanted || wanted === title) return;
    await this.#try(row, () => this.#rename(id, title, row, share), async () => {
      const changed = this.#row(await this.#service.rename(id, wanted), share);
      row.replaceWith(changed);
      changed.querySelector("button").focus();
      announce(say("history.renamed", { title: wanted }));
    });
  }

  async #remove(id, title, row) {
    if (!(await confirmed(say("history.remove"), say("history.remove-text", { title }), say("list.remove-it")))) return;
    await this.#try(row, () => this.#remove(id, title, row), async () => {
      await this.#service.forget(id).catch((failure) => {
        if (failure.status !== 404) throw failure; // what is not there is gone already
      });
      const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button") ?? byId("conversations-heading");
      row.remove();
      this.#forget(id);
      this.#listing.tell();
      next.focus();
      announce(say("list.removed", { title }));
    });
  }

  async #try(row, retry, act) {
    row.querySelector(".failure")?.remove();
    try {
      await act();
    } catch (failure) {
      row.append(failureView(failure, { retry, signIn: this.#listing.signIn }));
    }
  }
}
