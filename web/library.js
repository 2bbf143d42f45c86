import { confirmed } from "./dialog.js";
import { announce, byId, element } from "./element.js";
import { Failure, failureView } from "./failure.js";
import { step } from "./listing.js";
import { opener } from "./original.js";
import { Upload } from "./upload.js";
import { dateOf, listed, say } from "./words.js";

const JOBS = "jobs";
const TYPING = 300; // milliseconds without a key, after which what was typed is looked for
const ORDERS = { asc: "documents.up", desc: "documents.down", newest: "documents.newest", oldest: "documents.oldest" };

/** The documents that answers are drawn from: listed, added to, removed. */
export class Library {
  #service;
  #tab;
  #signIn;
  #rights;
  #visibleSeconds;
  #hidden = new Map(); // by id: until when a document that was added may not be found, for a search or a removal
  #rows = new Map();
  #after = null;
  #loaded = false;
  #queue = Promise.resolve();
  #wanted = {};
  #list = element("ul", { className: "rows" });
  #finder = element("form", { className: "finder", role: "search", hidden: true });
  #count = element("h3", { tabIndex: -1, hidden: true });
  #below = element("div", { className: "below" });

  /** A search finds what was added after `visibleSeconds`. */
  constructor(service, tab, signIn, rights, visibleSeconds) {
    this.#service = service;
    this.#rights = rights;
    this.#tab = tab;
    this.#visibleSeconds = visibleSeconds;
    this.#signIn = { word: signIn.again, begin: async () => (await signIn.begin()) && this.load() };
    byId("shelf").append(this.#finder, this.#count, this.#list, this.#below);
    this.#makeFinder();
    const files = byId("files");
    files.addEventListener("change", () => {
      this.add([...files.files]);
      files.value = "";
    });
    this.#listenForDrops();
    this.#showRights();
  }

  async #showRights() {
    const loads = await this.#rights.has("editor");
    const groups = (await this.#rights.groups()) ?? [];
    byId("drop").hidden = !loads;
    byId("read-only").hidden = loads;
    byId("groups").replaceChildren(...groups.map((value) => element("option", { value })));
  }

  /** Lists the documents once, when they become visible. */
  open() {
    if (this.#loaded) return;
    this.load();
    this.#goOn();
  }

  async load() {
    this.#loaded = true;
    const wanted = this.#wanted;
    this.#below.replaceChildren(element("p", { className: "hint" }, say("list.loading")));
    try {
      const { documents, after } = await this.#service.documents({ after: this.#after, ...wanted });
      if (wanted !== this.#wanted) return null;
      documents.forEach((document) => this.#row(document));
      this.#after = after ?? null;
      this.#below.replaceChildren();
      if (after) this.#below.append(element("button", { type: "button", className: "button", onclick: () => this.#more() }, say("list.more")));
      this.#tell();
      this.#finder.hidden = !this.#rows.size && !wanted.search;
      return this.#rows.get(documents[0]?.id) ?? null;
    } catch (failure) {
      if (wanted === this.#wanted) this.#below.replaceChildren(failureView(failure, { retry: () => this.load(), signIn: this.#signIn }));
      return null;
    }
  }

  async #more() {
    step(await this.load());
  }

  /** Uploads files one after the other, in their order. */
  async add(files) {
    if (!(await this.#rights.has("editor"))) return;
    byId("uploads").prepend(...files.map((file) => this.#upload(file)));
  }

  /** Shows jobs that an earlier page of this tab has begun. */
  #goOn() {
    byId("uploads").prepend(...Object.values(this.#tab.get(JOBS) ?? {}).map((job) => this.#upload(null, job)));
  }

  #upload(file, job = null) {
    const audience = byId("audience").value.split(",").map((group) => group.trim()).filter((group) => group);
    const stored = (document) => {
      this.#row({ removable: true, groups: audience, ...document }, true);
      this.#showLater(document.id);
      this.#tell();
    };
    let id = job?.id;
    const kept = (now) => {
      const { [id]: _, ...others } = this.#tab.get(JOBS) ?? {};
      id = now?.id;
      this.#tab.set(JOBS, now && now.status !== "receiving" ? { ...others, [id]: { id, name: now.name, status: now.status } } : others);
    };
    const upload = new Upload(file, this.#service, { stored, kept, job, groups: audience.length ? audience : null });
    const run = () => (this.#queue = this.#queue.then(() => upload.run({ retry: run, signIn: this.#signIn })).then(announce));
    run();
    return upload.node;
  }

  #makeFinder() {
    const words = element("input", { type: "search", id: "find", autocomplete: "off", placeholder: say("documents.words"), maxLength: 200 });
    const order = element("select", { id: "order" }, ...Object.entries(ORDERS).map(([value, key]) => element("option", { value }, say(key))));
    const label = (node, text) => element("label", { htmlFor: node.id, className: "unseen" }, text);
    this.#finder.append(label(words, say("documents.find")), words, label(order, say("documents.order")), order);
    let waiting;
    const find = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.#find(words.value.trim(), order.value), TYPING);
    };
    words.addEventListener("input", find);
    order.addEventListener("change", find);
    this.#finder.addEventListener("submit", (event) => event.preventDefault());
  }

  #find(search, order) {
    this.#wanted = { search, order };
    this.#after = null;
    this.#rows.clear();
    this.#list.replaceChildren();
    return this.load();
  }

  #row({ id, title, passages, loaded, original, groups = [], removable = false }, first = false) {
    const remove = element("button", { type: "button", className: "quiet small", onclick: () => this.#remove(id) }, say("list.remove"));
    remove.setAttribute("aria-label", say("list.remove-this", { title: title || id }));
    const about = [...(title ? [id] : []), say("documents.passages", { number: passages }), ...(loaded ? [dateOf(loaded)] : []), ...(groups.length ? [say("documents.audience", { groups: listed(groups) })] : [])].join(" · ");
    const row = element(
      "li",
      { className: "row" },
      element("div", {}, element("p", { className: "row-title", dir: "auto" }, title || id), element("p", { className: "hint" }, about)),
      element("div", { className: "row-tools" }, original ? opener(this.#service, { document: id }, title || id) : null, removable ? remove : null),
    );
    const before = this.#rows.get(id);
    if (before) before.replaceWith(row);
    else if (first) this.#list.prepend(row);
    else this.#list.append(row);
    this.#rows.set(id, row);
  }

  /** Says in the row of a document that answers draw on it later, until they do. */
  #showLater(id) {
    if (!this.#visibleSeconds) return;
    const row = this.#rows.get(id);
    const note = element("p", { className: "hint" }, say("documents.later", { number: this.#visibleSeconds }));
    row.firstElementChild.append(note);
    this.#hidden.set(id, Date.now() + 2 * this.#visibleSeconds * 1000); // what is promised, and once more of it
    setTimeout(() => note.remove(), this.#visibleSeconds * 1000);
  }

  #tell() {
    const number = this.#rows.size;
    this.#count.hidden = false;
    const none = this.#wanted.search ? "documents.none-found" : "documents.empty";
    this.#count.textContent = number ? say(this.#after ? "documents.shown" : "documents.count", { number }) : say(none);
  }

  async #remove(id) {
    const row = this.#rows.get(id);
    const title = row.querySelector(".row-title").textContent;
    if (!(await confirmed(say("documents.remove"), say("documents.remove-text", { title }), say("list.remove-it")))) return;
    row.classList.add("leaving");
    try {
      await this.#service.remove(id);
    } catch (failure) {
      // What is not there is gone already, unless it was added a moment ago: then it is still to appear.
      const early = failure.status === 404 && Date.now() < (this.#hidden.get(id) ?? 0);
      if (failure.status !== 404 || early) {
        row.classList.remove("leaving");
        row.querySelector(".failure")?.remove();
        const told = early ? new Failure(say("documents.early"), { wait: this.#visibleSeconds }) : failure;
        row.append(failureView(told, { retry: () => this.#remove(id), signIn: this.#signIn }));
        return;
      }
    }
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button") ?? this.#count;
    row.remove();
    this.#rows.delete(id);
    this.#tell();
    next.focus();
    announce(say("list.removed", { title }));
  }

  /** Files may be dropped anywhere; the page highlights their destination. */
  #listenForDrops() {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      location.hash = "documents";
      byId("drop").classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) byId("drop").classList.remove("over");
    });
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      byId("drop").classList.remove("over");
      this.add([...event.dataTransfer.files]);
    });
  }
}
