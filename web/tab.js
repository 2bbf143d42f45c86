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

  drop(...names) {
    for (const name of names) sessionStorage.removeItem(this.#prefix + name);
  }
}
