const PERSONAL = ["conversation", "draft", "jobs", "model", "prompt", "whose"];

/** Storage of this tab until it is closed, separate for each environment, because several may share one origin. */
export class Tab {
  #prefix;

  constructor(root) {
    this.#prefix = `${new URL(root).pathname}:`;
  }

  get(name) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#prefix + name));
    } catch {
      return null;
    }
  }

  set(name, value) {
    try {
      sessionStorage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      // storage is full or disabled: the page works without it
    }
  }

  /** Keeps what is personal for `who`; what somebody else has left in this tab is deleted. */
  claim(who) {
    if (!who || this.get("whose") !== who) this.clear();
    this.set("whose", who);
  }

  /** Deletes what is personal. */
  clear() {
    this.drop(...PERSONAL);
  }

  drop(...names) {
    for (const name of names) sessionStorage.removeItem(this.#prefix + name);
  }
}
