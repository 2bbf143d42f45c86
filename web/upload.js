import { element, plural } from "./element.js";
import { Failure, failureView } from "./failure.js";
import { documentsOf } from "./files.js";

const MOST = 100; // documents in a request
const LARGE = 1_000_000; // bytes that a request is filled up to; a single larger document goes alone, and the server decides
const LARGEST = 6_000_000; // bytes that a function can be sent at all
const HALVED = [400, 413, 504]; // answers to a batch that may be about one document of it, or about how many there are
const PATIENCE = 5; // times that a busy server is waited for

const name = (document) => document.title ?? document.id;

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** One chosen file on its way: read, sent in batches, and what became of each document. */
export class Upload {
  node = element("li", { className: "upload" });
  #file;
  #service;
  #stored;
  #state = element("p", { className: "upload-state" }, "Waiting");
  #bar = element("progress", { max: 1, value: 0 });
  #left = null;
  #done = { documents: 0, passages: 0 };
  #failures = [];

  /** `stored` is called with each document that the server has taken. */
  constructor(file, service, stored) {
    this.#file = file;
    this.#service = service;
    this.#stored = stored;
    this.#bar.setAttribute("aria-label", `Progress of ${file.name}`);
    this.node.append(element("p", { className: "upload-name" }, file.name), this.#bar, this.#state);
  }

  /** Resolves when nothing more is to be done, to a sentence about it. `ways` are `{retry, signIn}` for a failure in between. */
  async run(ways) {
    this.node.querySelector(".failure")?.remove();
    this.#bar.hidden = false;
    try {
      if (!this.#left) {
        this.#say("Reading");
        const { documents, failures } = await documentsOf(this.#file);
        this.#left = documents;
        this.#failures = failures;
      }
      await this.#send();
    } catch (error) {
      this.#bar.hidden = true;
      this.node.classList.add("bad");
      this.#say(this.#done.documents ? this.#sum() : "Not added");
      const failure = error instanceof Failure ? error : new Failure(error.message, { way: "none" });
      this.node.append(failureView(failure, ways));
      return `${this.#file.name}: ${failure.message}`;
    }
    return this.#finish();
  }

  async #send() {
    const total = this.#left.length;
    let most = MOST;
    let waits = 0;
    while (this.#left.length) {
      const batch = this.#batch(most);
      this.#say(total > 1 ? `Adding ${total - this.#left.length + 1} to ${total - this.#left.length + batch.length} of ${total}` : "Adding");
      if (total > batch.length) this.#bar.value = 1 - this.#left.length / total;
      else this.#bar.removeAttribute("value"); // one request: how long it takes is not known
      try {
        this.#take(batch, await this.#service.store(batch));
        waits = 0;
        most = Math.min(MOST, most * 2);
      } catch (failure) {
        if (HALVED.includes(failure.status) && batch.length > 1) most = Math.ceil(batch.length / 2);
        else if (failure.status === 413) this.#refuse(batch[0], tooLarge(batch[0]));
        else if (failure.status === 400) this.#refuse(batch[0], `${name(batch[0])}: ${failure.message}`);
        else if ([429, 503].includes(failure.status) && waits++ < PATIENCE) await this.#wait(failure.wait);
        else throw failure;
      }
    }
  }

  #batch(most) {
    const batch = [];
    let size = bytes({ documents: [] });
    for (const document of this.#left.slice(0, most)) {
      size += bytes(document) + 1;
      if (batch.length && size > LARGE) break;
      if (size > LARGEST) {
        if (!batch.length) throw new Failure(tooLarge(document), { way: "none" });
        break;
      }
      batch.push(document);
    }
    return batch;
  }

  #take(batch, answer) {
    batch.forEach((document, index) => {
      const result = answer.documents[index];
      if (result?.status === "stored") {
        this.#done.documents += 1;
        this.#done.passages += result.passages;
        this.#stored({ ...document, passages: result.passages });
      } else this.#failures.push(`${name(document)}: ${result?.message ?? "the server did not say what became of it."}`);
    });
    this.#left.splice(0, batch.length);
  }

  #refuse(document, sentence) {
    this.#failures.push(sentence);
    this.#left.shift();
  }

  async #wait(seconds) {
    for (let left = seconds; left > 0; left--) {
      this.#say(`The server is busy: going on in ${left} s`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  #finish() {
    this.#bar.hidden = true;
    this.node.classList.add(this.#failures.length ? "bad" : "good");
    this.#say(this.#sum());
    if (this.#failures.length) {
      this.node.append(element("ul", { className: "item-failures" }, ...this.#failures.map((sentence) => element("li", {}, sentence))));
    }
    return `${this.#file.name}: ${this.#sum()}.`;
  }

  #sum() {
    const failed = this.#failures.length ? `, ${this.#failures.length} failed` : "";
    const { documents, passages } = this.#done;
    return documents ? `${plural(documents, "document")} added, ${plural(passages, "passage")}${failed}` : `Not added${failed}`;
  }

  #say(words) {
    this.#state.textContent = words;
  }
}

function tooLarge(document) {
  const size = (bytes(document) / 1e6).toFixed(1);
  return `“${name(document)}” has ${size} MB, more than the server takes at once. Split it into parts and add each.`;
}
