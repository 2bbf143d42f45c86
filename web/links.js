import { confirmed, linked } from "./dialog.js";
import { copier } from "./copy.js";
import { announce, byId, element } from "./element.js";
import { failureView } from "./failure.js";
import { Listing } from "./listing.js";
import { dateOf, listed, say } from "./words.js";

/** Links to conversations: made, listed, ended; owners see those of everybody. */
export class Links {
  #service;
  #rights;
  #listing;
  #all = element("input", { type: "checkbox", id: "all-links" });

  constructor(service, signIn, rights) {
    this.#service = service;
    this.#rights = rights;
    this.#listing = new Listing(signIn, { fetch: (after) => this.#page(after), row: (link) => this.#row(link), none: () => say("share.none") });
    this.#all.addEventListener("change", () => this.#listing.load());
  }

  /** Lists from the first page on, where conversations are shared. */
  async load() {
    if (!(await this.#rights.sharing())) return;
    const everybody = (await this.#rights.has("owner")) ? element("p", { className: "finder check" }, this.#all, element("label", { htmlFor: "all-links" }, say("share.all"))) : null;
    const heading = element("h3", { id: "links-heading", tabIndex: -1 }, say("share.heading"));
    byId("links").replaceChildren(heading, ...[everybody].filter(Boolean), this.#listing.rows, this.#listing.below);
    await this.#listing.load();
  }

  /** Lets the reader make a link to a conversation; it is listed and can be copied. */
  async share(id, title) {
    const wanted = await linked(title, await this.#rights.sharing(), (await this.#rights.groups()) ?? []);
    if (!wanted) return;
    const row = this.#row(await this.#service.share({ conversation_id: id, ...wanted }));
    this.#listing.rows.prepend(row);
    this.#listing.tell();
    row.querySelector("input").select();
    announce(say("share.made"));
  }

  async #page(after) {
    const page = await this.#service.links({ everybody: this.#all.checked, after });
    const made = new Set([...this.#listing.rows.children].map((row) => row.id)); // meanwhile
    return { items: page.links.filter(({ id }) => !made.has(`link-${id}`)), after: page.after };
  }

  #row(link) {
    const { id, title, turns, by, own, groups, until } = link;
    const address = new URL(`#shared-${id}`, location.href).href;
    const about = [own ? null : by, say("questions.count", { number: turns }), groups.length ? say("share.for", { groups: listed(groups) }) : null, say("share.until", { date: dateOf(until) })];
    const field = element("input", { type: "text", readOnly: true, value: address, dir: "ltr", className: "address", "aria-label": say("share.address", { title }) });
    const end = element("button", { type: "button", className: "quiet small", "aria-label": say("share.end-this", { title }), onclick: () => this.#end(link, row) }, say("share.end"));
    const row = element(
      "li",
      { className: "row", id: `link-${id}` },
      element("div", {}, element("a", { className: "row-title", dir: "auto", href: address }, title), element("p", { className: "hint" }, about.filter(Boolean).join(" · ")), field),
      element("div", { className: "row-tools" }, copier(address), end),
    );
    return row;
  }

  async #end(link, row) {
    if (!(await confirmed(say("share.end-heading"), say("share.end-text", { title: link.title }), say("share.end-it")))) return;
    row.querySelector(".failure")?.remove();
    try {
      await this.#service.unshare(link.id).catch((failure) => {
        if (failure.status !== 404) throw failure; // what is not there is over already
      });
    } catch (failure) {
      row.append(failureView(failure, { retry: () => this.#end(link, row), signIn: this.#listing.signIn }));
      return;
    }
    row.remove();
    this.#listing.tell();
    byId("links-heading").focus();
    announce(say("share.ended", { title: link.title }));
  }
}
