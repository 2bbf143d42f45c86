import { events } from "./events.js";
import { Failure } from "./failure.js";
import { say } from "./words.js";

/**
 * The API of this environment; throws every failure as a `Failure`, and a stop as an `AbortError`.
 * An event `asked` follows each question.
 */
export class Service extends EventTarget {
  #root;
  #sign;
  /** The answer model that the reader has chosen; null for the usual one. */
  model = null;

  constructor(root, sign) {
    super();
    this.#root = root;
    this.#sign = sign;
  }

  /** Yields `{name, value}` for stages, sources, pieces of text, and finally the whole answer. */
  async *ask(request, signal) {
    try {
      yield* this.#events(request, signal);
    } finally {
      this.dispatchEvent(new Event("asked"));
    }
  }

  async *#events(request, signal) {
    const body = this.model ? { ...request, model: this.model } : request;
    const response = await this.#send("ask", { method: "POST", body, accept: "text/event-stream", signal });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      yield { name: "answer", value: await this.#read(response) };
      return;
    }
    try {
      for await (const event of events(response.body)) {
        if (event.name === "failed") throw Failure.of(event.value.status, event.value, event.value.retry_after);
        yield event;
        if (event.name === "answer") return;
      }
    } catch (error) {
      throw error instanceof Failure || error.name === "AbortError" ? error : broken();
    }
    throw broken();
  }

  async documents({ after, search, order }, limit = 50) {
    const query = new URLSearchParams({ limit, ...(after ? { after } : {}), ...(search ? { search } : {}), ...(order ? { order } : {}) });
    return this.#read(await this.#send(`documents?${query}`));
  }

  /** `file` is `{name, content}`, its content in Base64; what came of it, or the job that it has become. */
  async storeFile(file) {
    return this.#read(await this.#send("documents", { method: "POST", body: { file } }));
  }

  /** `part` is `{name, content, number, of, job}`; the job. */
  async storePart(part) {
    return this.#read(await this.#send("documents", { method: "POST", body: { part } }));
  }

  /** `{role, groups, quota}` of whoever is signed in. */
  async me() {
    return this.#read(await this.#send("me"));
  }

  async job(id) {
    return this.#read(await this.#send(`jobs/${id}`));
  }

  async conversations({ after, search }, limit = 30) {
    const query = new URLSearchParams({ limit, ...(after ? { after } : {}), ...(search ? { search } : {}) });
    return this.#read(await this.#send(`conversations?${query}`));
  }

  async conversation(id) {
    return this.#read(await this.#send(`conversations/${id}`));
  }

  async rename(id, title) {
    return this.#read(await this.#send(`conversations/${id}`, { method: "PATCH", body: { title } }));
  }

  async forget(id) {
    return this.#read(await this.#send(`conversations/${id}`, { method: "DELETE" }));
  }

  /** `wanted` is `{conversation_id, days, groups}`. */
  async share(wanted) {
    return this.#read(await this.#send("shares", { method: "POST", body: wanted }));
  }

  async links({ everybody, after }, limit = 30) {
    const query = new URLSearchParams({ limit, ...(everybody ? { everybody } : {}), ...(after ? { after } : {}) });
    return this.#read(await this.#send(`shares?${query}`));
  }

  async shared(id) {
    return this.#read(await this.#send(`shares/${id}`));
  }

  async unshare(id) {
    return this.#read(await this.#send(`shares/${id}`, { method: "DELETE" }));
  }

  async rate(id, judgement) {
    return this.#read(await this.#send(`feedback/${id}`, { method: "PUT", body: judgement }));
  }

  async withdraw(id) {
    return this.#read(await this.#send(`feedback/${id}`, { method: "DELETE" }));
  }

  async judgements(after, limit = 50) {
    return this.#read(await this.#send(`feedback?${new URLSearchParams({ limit, ...(after ? { after } : {}) })}`));
  }

  async prompts() {
    return this.#read(await this.#send("prompts"));
  }

  /** `prompt` is `{system, instructions}` or `{number}`, with `note`, and `after`: the current version. */
  async publish(prompt) {
    return this.#read(await this.#send("prompts", { method: "POST", body: prompt }));
  }

  /** `{url, seconds, type, shown}`: a link to the file of a document. */
  async original(id) {
    return this.#read(await this.#send(`originals?${new URLSearchParams({ document: id })}`));
  }

  async remove(id) {
    return this.#read(await this.#send(`documents?${new URLSearchParams({ id })}`, { method: "DELETE" }));
  }

  async #send(path, { method = "GET", body, accept = "application/json", signal } = {}, again = true) {
    const headers = { Accept: accept, ...(body ? { "Content-Type": "application/json" } : {}) };
    let response;
    try {
      Object.assign(headers, await this.#sign.headers());
      response = await fetch(new URL(path, this.#root), { method, headers, body: body && JSON.stringify(body), signal, cache: "no-store" });
    } catch (error) {
      throw error instanceof Failure || error.name === "AbortError" ? error : Failure.ofNetwork();
    }
    if (response.ok) return response;
    if (response.status === 401 && again && (await this.#sign.renew())) {
      return this.#send(path, { method, body, accept, signal }, false);
    }
    throw await Failure.ofResponse(response);
  }

  async #read(response) {
    try {
      return await response.json();
    } catch (error) {
      throw error.name === "AbortError" ? error : broken();
    }
  }
}

const broken = () => new Failure(say("failure.broken"));
