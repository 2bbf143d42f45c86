const ROLES = ["reader", "editor", "owner"];

/** What one may do here. The page shows only that; the API checks each request. */
export class Rights {
  #told;

  constructor(service) {
    // Where the API cannot say it, its answers to what one tries will.
    this.#told = service.me().catch(() => ({ role: "owner", groups: null, history: false }));
  }

  /** What is kept of a judgement of an answer; null if nobody is asked. */
  async feedback() {
    return (await this.#told).feedback ?? null;
  }

  /** Whether one's own conversations are listed. */
  async history() {
    return (await this.#told).history;
  }

  /** The answer models to choose from, the usual one first; none where there is no choice. */
  async models() {
    return (await this.#told).models ?? [];
  }

  /** Whether one may change the prompt. */
  async prompts() {
    return Boolean((await this.#told).prompts) && this.has("owner");
  }

  /** For how many days one's links to conversations last at most; null if nothing is shared. */
  async sharing() {
    return (await this.#told).sharing ?? null;
  }

  async has(role) {
    return ROLES.indexOf((await this.#told).role) >= ROLES.indexOf(role);
  }

  /** What one has used of what one may ask; null where there is no limit. */
  async quota() {
    return (await this.#told).quota ?? null;
  }

  /** The groups that one may give documents to; null means any. */
  async groups() {
    return (await this.#told).groups;
  }
}
