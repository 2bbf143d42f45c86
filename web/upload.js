import { element } from "./element.js";
import { Failure, failureView } from "./failure.js";
import { duration, megabytes, say } from "./words.js";

const PART = 3_000_000; // bytes of a file that one request brings: in base64 they are 4 MB, which a function can be sent
const MOST_PARTS = 64;
const SMALLEST = 8_000; // bytes of a part, below which no server takes less
const PATIENCE = 5; // times that a busy server is waited for
const OFTEN = 2; // seconds between two looks at a job

/** One chosen file on its way: the server reads and stores it, as a job where that takes longer than a request may. */
export class Upload {
  node = element("li", { className: "upload" });
  #file;
  #groups;
  #name;
  #service;
  #stored;
  #kept;
  #state = element("p", { className: "upload-state" }, say("upload.waiting"));
  #bar = element("progress", { max: 1, value: 0 });
  #size = PART;
  #job = null;
  #done = { documents: 0, passages: 0, failed: 0 };
  #failures = [];

  /** `stored` is called with each document that the server has taken, `kept` with the job while it is under way, and with null.
   *  Without a `file` it is that of `job`, which an earlier page has begun. Only people of `groups` see it, if there are any. */
  constructor(file, service, { stored, kept, job = null, groups = null }) {
    this.#file = file;
    this.#groups = groups;
    this.#name = file?.name ?? job.name;
    this.#service = service;
    this.#stored = stored;
    this.#kept = kept;
    this.#job = job;
    this.#bar.setAttribute("aria-label", say("upload.progress", { name: this.#name }));
    this.node.append(element("p", { className: "upload-name", dir: "auto" }, this.#name), this.#bar, this.#state);
  }

  /** Resolves to a sentence about the result. `ways` are `{retry, signIn}` for failures on the way. */
  async run(ways) {
    this.node.querySelector(".failure")?.remove();
    this.#bar.hidden = false;
    try {
      await this.#send();
    } catch (error) {
      this.#bar.hidden = true;
      this.node.classList.add("bad");
      if (error.status === 404) this.#keep(null);
      this.#say(this.#done.documents ? this.#sum() : say("upload.not-added"));
      const failure = error instanceof Failure ? error : new Failure(error.message, { way: "none" });
      this.node.append(failureView(failure, ways));
      return say("upload.result", { name: this.#name, result: failure.message });
    }
    return this.#finish();
  }

  async #send() {
    this.#bar.removeAttribute("value"); // how many entries a file holds only its end says
    while (true) {
      try {
        await this.#sendParts();
        break;
      } catch (failure) {
        // This environment takes less at once.
        if (failure.status !== 413) throw failure;
        this.#size = Math.floor(Math.min(this.#size, this.#file.size) / 2);
        this.#job = null;
        if (this.#size < SMALLEST) throw tooLarge(this.#file);
      }
    }
    if (this.#job) await this.#follow();
  }

  async #sendParts() {
    if (!this.#file) {
      this.#keep(await this.#patiently(() => this.#service.job(this.#job.id)));
      return;
    }
    const of = Math.ceil(this.#file.size / this.#size);
    if (of > MOST_PARTS) throw tooLarge(this.#file);
    if (of <= 1) {
      this.#say(say("upload.adding"));
      const content = await base64(this.#file);
      const answer = await this.#patiently(() => this.#service.storeFile({ name: this.#name, content, ...this.#audience }));
      if (answer.id) this.#keep(answer);
      else this.#take(answer);
      return;
    }
    // What was sent before a failure is there.
    if (this.#job) this.#keep(await this.#patiently(() => this.#service.job(this.#job.id)));
    for (let number = 1; number <= of; number++) {
      if (this.#job && (this.#job.status !== "receiving" || this.#job.received.includes(number))) continue;
      this.#say(say("upload.sending", { number, of }));
      this.#bar.value = (number - 1) / of;
      const content = await base64(this.#file.slice((number - 1) * this.#size, number * this.#size));
      const part = { name: this.#name, content, number, of, job: this.#job?.id ?? null, ...this.#audience };
      this.#keep(await this.#patiently(() => this.#service.storePart(part)));
    }
  }

  /** The groups that see it; without any, a document keeps those that it has. */
  get #audience() {
    return this.#groups ? { groups: this.#groups } : {};
  }

  /** Until the job has an end. */
  async #follow() {
    while (true) {
      const { status, progress, stored, passages, message } = this.#job;
      this.#done = { documents: stored, passages, failed: this.#job.failed };
      if (status === "done") break;
      if (status === "stopped") throw new Failure(message ?? say("upload.stopped"), { way: "none" });
      if (progress) this.#bar.value = progress;
      this.#say(message ? say("upload.goes-on", { reason: message }) : say("upload.so-far", { number: stored }));
      await new Promise((resolve) => setTimeout(resolve, OFTEN * 1000));
      this.#keep(await this.#patiently(() => this.#service.job(this.#job.id)));
    }
    this.#results(this.#job.documents);
    this.#keep(null);
  }

  #keep(job) {
    this.#job = job;
    this.#kept(job);
  }

  /** What `ask` resolves to, which is asked again while the server is busy. */
  async #patiently(ask) {
    for (let waits = 0; ; waits++) {
      try {
        return await ask();
      } catch (failure) {
        if (![429, 503].includes(failure.status) || waits >= PATIENCE) throw failure;
        await this.#wait(failure.wait);
      }
    }
  }

  #take({ documents, stored, failed }) {
    this.#done = { documents: stored, passages: documents.reduce((sum, { passages }) => sum + passages, 0), failed };
    this.#results(documents);
  }

  #results(documents) {
    this.#failures = [];
    for (const { id, title, status, passages, original, message } of documents) {
      if (status === "stored") this.#stored({ id, title, passages, original });
      else this.#failures.push(message ?? say("upload.no-result", { id }));
    }
  }

  async #wait(seconds) {
    for (let left = seconds; left > 0; left--) {
      this.#say(say("upload.busy", { time: duration(left * 1000) }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  #finish() {
    this.#bar.hidden = true;
    this.node.classList.add(this.#done.failed ? "bad" : "good");
    this.#say(this.#sum());
    if (this.#failures.length) {
      const more = this.#done.failed - this.#failures.length;
      const sentences = more > 0 ? [...this.#failures, say("upload.more", { number: more })] : this.#failures;
      this.node.append(element("ul", { className: "item-failures" }, ...sentences.map((sentence) => element("li", { dir: "auto" }, sentence))));
    }
    return say("upload.result", { name: this.#name, result: this.#sum() });
  }

  #sum() {
    const { documents, passages, failed } = this.#done;
    const added = { number: documents, passages: say("documents.passages", { number: passages }) };
    const sum = documents ? say("upload.added", added) : say("upload.not-added");
    return failed ? say("upload.failed", { sum, number: failed }) : sum;
  }

  #say(words) {
    this.#state.textContent = words;
  }
}

function tooLarge(file) {
  return new Failure(say("upload.too-large", { name: file.name, size: megabytes(file.size) }), { way: "none" });
}

async function base64(file) {
  let bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(say("upload.unreadable"));
  }
  if (!bytes.length) throw new Error(say("upload.empty"));
  const parts = [];
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(parts.join(""));
}
