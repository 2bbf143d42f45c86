import { announce, byId, element, plural } from "./element.js";
import { failureView } from "./failure.js";
import { Upload } from "./upload.js";

/** The documents that answers are drawn from: listed, added to, removed. */
export class Library {
  #service;
  #signIn;
  #rows = new Map();
  #after = null;
  #loaded = false;
  #queue = Promise.resolve();
  #list = element("ul", { className: "rows" });
  #count = element("h3", { tabIndex: -1, hidden: true });
  #below = element("div", { className: "below" });

  constructor(service, signIn) {
    this.#service = service;
    this.#signIn = { word: `${signIn.word} again`, begin: async () => (await signIn.begin()) && this.load() };
    byId("shelf").append(this.#count, this.#list, this.#below);
    const files = byId("files");
    files.addEventListener("change", () => {
      this.add([...files.files]);
      files.value = "";
    });
    this.#listenForDrops();
  }

  /** Lists the documents, once; called when they come into view. */
  open() {
    if (!this.#loaded) this.load();
  }

  async load() {
    this.#loaded = true;
    this.#below.replaceChildren(element("p", { className: "hint" }, "Looking"));
    try {
      const { documents, after } = await this.#service.documents(this.#after);
      documents.forEach((document) => this.#row(document));
      this.#after = after ?? null;
      this.#below.replaceChildren();
      if (after) this.#below.append(element("button", { type: "button", className: "button", onclick: () => this.load() }, "Show more"));
      this.#tell();
    } catch (failure) {
      this.#below.replaceChildren(failureView(failure, { retry: () => this.load(), signIn: this.#signIn }));
    }
  }

  /** One file after the other: the order people see is the order in which things happen. */
  add(files) {
    for (const file of files) {
      const upload = new Upload(file, this.#service, (document) => {
        this.#row(document, true);
        this.#tell();
      });
      byId("uploads").prepend(upload.node);
      const run = () => (this.#queue = this.#queue.then(() => upload.run({ retry: run, signIn: this.#signIn })).then(announce));
      run();
    }
  }

  #row({ id, title, passages }, first = false) {
    const remove = element("button", { type: "button", className: "quiet small", onclick: () => this.#remove(id) }, "Remove");
    remove.setAttribute("aria-label", `Remove ${title || id}`);
    const row = element(
      "li",
      { className: "row" },
      element("div", {}, element("p", { className: "row-title" }, title || id), element("p", { className: "hint" }, title ? `${id} · ${plural(passages, "passage")}` : plural(passages, "passage"))),
      remove,
    );
    const before = this.#rows.get(id);
    if (before) before.replaceWith(row);
    else if (first) this.#list.prepend(row);
    else this.#list.append(row);
    this.#rows.set(id, row);
  }

  #tell() {
    const number = this.#rows.size;
    this.#count.hidden = false;
    this.#count.textContent = number ? `${plural(number, "document")}${this.#after ? " shown" : ""}` : "No documents yet";
  }

  async #remove(id) {
    const row = this.#rows.get(id);
    const title = row.querySelector(".row-title").textContent;
    if (!(await this.#confirmed(title))) return;
    row.classList.add("leaving");
    try {
      await this.#service.remove(id);
    } catch (failure) {
      if (failure.status !== 404) {
        row.classList.remove("leaving");
        row.querySelector(".failure")?.remove();
        row.append(failureView(failure, { retry: () => this.#remove(id), signIn: this.#signIn }));
        return;
      }
    }
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button") ?? this.#count;
    row.remove();
    this.#rows.delete(id);
    this.#tell();
    next.focus();
    announce(`${title} was removed.`);
  }

  #confirmed(title) {
    const dialog = byId("remove-dialog");
    byId("remove-text").textContent = `“${title}” and its passages are deleted. Answers no longer draw on it.`;
    dialog.returnValue = "";
    byId("remove-confirm").onclick = () => dialog.close("yes");
    byId("remove-cancel").onclick = () => dialog.close();
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }

  /** Files may be dropped anywhere; the page shows where they go. */
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
