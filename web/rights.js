const ROLES = ["reader", "editor", "owner"];
const TRIES = 4; // while the server is busy
// Where the API cannot say it, its answers to what one tries will.
const UNKNOWN = { role: "owner", groups: null, history: false };

/** What one may do here. The page shows only that; the API checks each request. */
export class Rights {
  #told;

  constructor(service) {
    this.#told = told(service);
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

/** A busy moment must not hide for a whole visit what one may do. */
async function told(service) {
  for (let tries = 1; ; tries++) {
    try {
      return await service.me();
    } catch (failure) {
      if (![429, 503].includes(failure.status) || tries === TRIES) return UNKNOWN;
      await new Promise((goOn) => setTimeout(goOn, failure.wait * 1000));
    }
  }
}
