import { announce, byId, element } from "./element.js";
import { Exchange } from "./exchange.js";
import { failureView } from "./failure.js";
import { suggest } from "./suggestions.js";
import { answerIn, byAnswer, storedTurns } from "./turns.js";
import { Verdict } from "./verdict.js";
import { say } from "./words.js";

const LONGEST = 2000; // characters of a question

/** The conversation that is shown; a reload and a sign-in keep it, "New conversation" begins another one. */
export class Conversation {
  #service;
  #signIn;
  #tab;
  #id = null;
  #turns = [];
  #running = null;
  #opening = null;
  #rights;

  constructor(service, signIn, tab, rights) {
    this.#service = service;
    this.#rights = rights;
    this.#signIn = signIn;
    this.#tab = tab;
    const question = byId("question");
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    question.addEventListener("input", () => this.#measure());
    question.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      }
      if (event.key === "Escape") this.#running?.abort();
    });
    byId("stop").addEventListener("click", () => {
      this.#running?.abort();
      question.focus();
    });
    byId("new").addEventListener("click", () => this.clear());
  }

  /** Shows the questions from before a reload. */
  restore() {
    const kept = this.#tab.get("conversation");
    const id = (this.#id = kept?.id ?? null);
    const stored = this.#stored(id);
    for (const turn of kept?.turns ?? []) {
      const exchange = this.#place(turn.question);
      exchange.finish(turn.answer);
      this.#judge(exchange, turn.answer, stored);
      this.#turns.push(turn);
      stored.then((turns) => this.#recheck(exchange, turn, turns[turn.answer.conversation_id]));
    }
    announce("");
    this.#arrange();
    byId("question").value = this.#tab.get("draft") ?? "";
    this.#tab.drop("draft");
    this.#measure();
  }

  async #stored(id) {
    const reads = id && ((await this.#rights.feedback()) || (await this.#rights.history()));
    return reads ? storedTurns(this.#service, id) : {};
  }

  /** Takes away what the reader may no longer see of an answer that the tab has kept. */
  #recheck(exchange, turn, stored) {
    if (!stored?.missing || !this.#turns.includes(turn)) return;
    const { missing, sources, numbers } = stored;
    Object.assign(turn.answer, { missing, sources, numbers });
    this.#put(this.#id, this.#turns);
    exchange.finish(turn.answer);
    announce("");
  }

  /** Shows a conversation as the server has it; the next question continues it. */
  async open(id) {
    this.#running?.abort();
    this.#put(null, []);
    const opening = (this.#opening = Symbol(id));
    byId("exchanges").replaceChildren(element("p", { className: "hint" }, say("list.loading")));
    try {
      const { id: current, shown } = await this.#service.conversation(id);
      if (opening !== this.#opening) return; // another one was opened or begun meanwhile
      byId("exchanges").replaceChildren();
      const stored = byAnswer(current, shown);
      for (const { question, rating, ...answer } of shown) {
        const turn = { question, answer: { ...answer, conversation_id: answerIn(current, answer.number) } };
        const exchange = this.#place(question);
        exchange.finish(turn.answer);
        this.#judge(exchange, turn.answer, stored);
        this.#turns.push(turn);
      }
      this.#put(current, this.#turns);
      byId("exchanges").lastElementChild?.scrollIntoView({ block: "start" });
      announce(say("questions.shown", { number: shown.length }));
    } catch (failure) {
      if (opening !== this.#opening) return;
      const signIn = { word: this.#signIn.again, begin: async () => (await this.#signIn.begin()) && this.open(id) };
      byId("exchanges").replaceChildren(failureView(failure, { retry: () => this.open(id), signIn }));
    }
    this.#opening = null;
    this.#arrange();
    byId("question").focus();
  }

  /** Clears the conversation if it is this one, which is removed. */
  forget(id) {
    if (!this.#id || this.#id.split("-")[0] !== id.split("-")[0]) return;
    this.#put(null, []);
    byId("exchanges").replaceChildren();
    this.#arrange();
    this.suggest();
  }

  #put(id, turns) {
    this.#id = id;
    this.#turns = turns;
    this.#tab.set("conversation", { id, turns });
  }

  /** Suggests questions while there is none. */
  async suggest() {
    if (byId("exchanges").childElementCount) return;
    await suggest(this.#service, this.#rights, (title) => {
      const question = byId("question");
      question.value = say("question.begin", { title });
      question.focus();
      this.#measure();
    });
  }

  clear() {
    this.#running?.abort();
    this.#opening = null;
    this.#id = null;
    this.#turns = [];
    this.#tab.drop("conversation");
    byId("exchanges").replaceChildren();
    this.#arrange();
    this.suggest();
    announce(say("conversation.begun"));
    byId("question").focus();
  }

  #submit() {
    const field = byId("question");
    const question = field.value.trim();
    if (this.#running || this.#opening || !question || [...question].length > LONGEST) return;
    field.value = "";
    this.#measure();
    const exchange = this.#place(question);
    exchange.node.scrollIntoView({ block: "start" });
    this.#ask(question, exchange);
  }

  async #ask(question, exchange) {
    if (this.#running) return;
    const running = (this.#running = new AbortController());
    const held = exchange.node.contains(document.activeElement);
    this.#arrange();
    exchange.begin();
    if (held) byId("stop").focus(); // the button that asked again is gone
    const again = () => this.#ask(question, exchange);
    try {
      const request = this.#id ? { question, conversation_id: this.#id } : { question };
      for await (const { name, value } of this.#service.ask(request, running.signal)) {
        running.signal.throwIfAborted();
        if (name === "stage") exchange.stage(value.stage);
        if (name === "step") exchange.step(value);
        if (name === "sources") exchange.sources(value.sources);
        if (name === "text") exchange.add(value.text);
        if (name === "answer") this.#keep(question, value, exchange);
      }
    } catch (error) {
      if (error.status === 404 && this.#id) {
        this.#id = null; // the conversation has expired: the repeated question begins a new one
        error.way = "retry";
      }
      if (error.name === "AbortError") exchange.stop(again);
      else exchange.fail(error, { retry: again, signIn: { word: this.#signIn.again, begin: () => this.#resume(question, again) } });
    } finally {
      if (this.#running === running) this.#running = null;
      this.#arrange();
    }
  }

  #keep(question, answer, exchange) {
    this.#put(answer.conversation_id ?? this.#id, [...this.#turns, { question, answer }]);
    exchange.finish(answer);
    this.#judge(exchange, answer);
  }

  /** Lets the reader judge an answer that is stored, where judgements are kept; `stored` are the turns that the server has. */
  async #judge(exchange, answer, stored = {}) {
    const kept = await this.#rights.feedback();
    if (!kept || !answer.conversation_id || answer.blocked) return;
    const verdict = new Verdict(this.#service, answer.conversation_id, kept);
    exchange.judge(verdict);
    verdict.recall((await stored)[answer.conversation_id]?.rating ?? null);
  }

  /** A sign-in leaves the page, so the question is stored in the tab. A key does not, so the question is sent again. */
  async #resume(question, again) {
    this.#tab.set("draft", question);
    if (await this.#signIn.begin()) {
      this.#tab.drop("draft");
      again();
    }
  }

  #place(question) {
    const exchange = new Exchange(question, this.#service, this.#rights);
    byId("exchanges").append(exchange.node);
    this.#arrange();
    return exchange;
  }

  #arrange() {
    const empty = !byId("exchanges").childElementCount;
    byId("ask-view").classList.toggle("empty", empty);
    byId("welcome").hidden = byId("starts").hidden = !empty;
    byId("new").hidden = empty;
    const [send, stop] = [byId("send"), byId("stop")];
    const held = [send, stop].includes(document.activeElement);
    send.hidden = this.#running !== null;
    stop.hidden = this.#running === null;
    if (held) (this.#running ? stop : send).focus();
  }

  #measure() {
    const field = byId("question");
    if (!CSS.supports("field-sizing", "content")) {
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
    }
    const length = [...field.value.trim()].length;
    const over = length > LONGEST;
    byId("count").textContent = length > LONGEST * 0.9 ? say(over ? "question.too-long" : "question.length", { number: length, most: LONGEST }) : "";
    byId("count").className = over ? "wrong" : "";
    byId("send").disabled = over;
  }
}
