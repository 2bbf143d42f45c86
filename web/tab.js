/** What this tab remembers until it is closed; each environment apart, though all may share one origin. */
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
      // full or switched off: the page goes on without its memory
    }
  }

  drop(...names) {
    for (const name of names) sessionStorage.removeItem(this.#prefix + name);
  }
}
