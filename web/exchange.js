import { copier } from "./copy.js";
import { announce, element } from "./element.js";
import { failureView } from "./failure.js";
import { prose } from "./prose.js";
import { language } from "./reader.js";
import { Sources } from "./sources.js";
import { stepsView } from "./steps.js";
import { duration, known, nodes, say } from "./words.js";

const SERVER = "en"; // the language of the server's sentences

let count = 0;

/** One question and its result: stages, the growing answer, its sources, or the error. */
export class Exchange {
  node;
  #reply = element("div", { className: "reply" });
  #stage = element("p", { className: "stage" });
  #answer = element("div", { className: "answer", dir: "auto" });
  #after = element("div", { className: "after" });
  #sources;
  #rights;
  #verdict = "";
  #text = "";
  #clock = 0;
  #drawing = false;

  /** `rights` are those of the reader, who may ask again; null where they may only read. */
  constructor(question, service, rights = null) {
    count += 1;
    this.#rights = rights;
    this.#sources = new Sources(`source-${count}`, service);
    this.#reply.append(this.#stage, this.#answer, this.#after);
    this.node = element(
      "article",
      { className: "exchange", "aria-labelledby": `question-${count}` },
      element("h2", { id: `question-${count}`, className: "asked", dir: "auto" }, question),
      this.#reply,
      this.#sources.node,
    );
  }

  /** Resets to the question alone, with a clock that appears after a long wait. */
  begin() {
    this.#text = this.#verdict = "";
    this.#answer.replaceChildren();
    this.#after.replaceChildren();
    this.#sources.show([]);
    this.#answer.setAttribute("aria-busy", "true");
    const since = performance.now();
    const clock = element("span", { className: "clock" });
    this.#stage.replaceChildren(element("span", { className: "stage-words" }, say("stage.sending")), clock);
    this.#stage.hidden = false;
    this.#clock = setInterval(() => {
      const passed = Math.floor((performance.now() - since) / 1000);
      if (passed >= 3) clock.textContent = duration(passed * 1000);
    }, 500);
  }

  stage(name) {
    const words = say(known(`stage.${name}`) ? `stage.${name}` : "stage.working");
    this.#stage.querySelector(".stage-words").textContent = words;
    announce(words);
  }

  /** Shows a search that the answer model asked for, while it is made. */
  step(step) {
    this.#stage.querySelector(".stage-words").textContent = say("stage.searching-for", { query: step.query });
  }

  sources(sources) {
    this.#sources.show(sources, false);
    if (sources.length) announce(say("sources.found", { number: sources.length }));
  }

  /** Draws once for each frame, because pieces may arrive faster. */
  add(text) {
    this.#text += text;
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      if (this.#clock) this.#draw();
    });
  }

  /** Shows the answer. It may be called again, when passages of the answer are gone. */
  finish(answer) {
    this.#end();
    this.#after.replaceChildren();
    this.#text = isRefusal(answer) && language !== SERVER ? say("answer.none") : (answer.answer ?? "");
    const sources = answer.sources ?? [];
    this.#sources.show(sources, true, answer.grounded, answer.numbers);
    this.#draw();
    if (answer.blocked) {
      this.#answer.prepend(element("p", { className: "absent" }, say("answer.blocked")));
    } else if (answer.missing === null) {
      this.#after.replaceChildren(element("p", { className: "hint" }, say("answer.sources-not-kept")));
    } else if (answer.missing && !sources.length) {
      this.#after.replaceChildren(element("p", { className: "hint" }, say("answer.sources-gone")));
    } else if (!answer.grounded && !sources.length) {
      this.#answer.prepend(element("p", { className: "absent" }, say("answer.absent")));
      this.#after.replaceChildren(this.#otherwise());
    } else if (answer.answer === null) {
      this.#answer.replaceChildren(element("p", { className: "absent" }, say("answer.nearest")));
    } else if (!answer.grounded) {
      this.#after.replaceChildren(element("p", { className: "hint" }, say("answer.unsupported")));
    }
    if (answer.missing && sources.length) {
      this.#after.append(element("p", { className: "hint" }, say("answer.passages-gone", { number: answer.missing })));
    }
    this.#after.append(this.#sources.jumps(sources) ?? "", stepsView(answer.steps ?? []), this.#made(answer), this.#verdict);
    announce(`${this.#text ? say("answer.said", { text: this.#text }) : say("answer.done")} ${sources.length ? say("sources.count", { number: sources.length }) : ""}`);
  }

  /** What to do without an answer: editors may add a document. */
  #otherwise() {
    const hint = element("p", { className: "hint" });
    const add = element("a", { href: "#documents" }, say("answer.add"));
    this.#rights?.has("editor").then((loads) => hint.append(...(loads ? nodes("answer.ask-otherwise", { add }) : [say("answer.ask-others")])));
    return hint;
  }

  /** Puts the buttons for a judgement below the answer. */
  judge(verdict) {
    this.#verdict = verdict.node;
    this.#after.append(verdict.node);
  }

  fail(failure, ways) {
    this.#interrupt();
    this.#after.replaceChildren(failureView(failure, ways));
  }

  stop(again) {
    this.#interrupt();
    this.#after.replaceChildren(
      element("p", { className: "stopped" }, say(this.#text ? "answer.incomplete" : "answer.stopped"), " ", element("button", { type: "button", className: "button", onclick: again }, say("answer.again"))),
    );
    announce(say("answer.stopped"));
  }

  #draw() {
    this.#answer.replaceChildren(prose(this.#text, this.#sources));
  }

  /** Nothing more comes: the passages are no longer being read. */
  #interrupt() {
    this.#end();
    this.#sources.interrupt();
    if (this.#text) this.#draw();
  }

  #end() {
    clearInterval(this.#clock);
    this.#clock = 0;
    this.#stage.hidden = true;
    this.#answer.removeAttribute("aria-busy");
  }

  #made({ answer, cached, grounded, model, timings }) {
    const facts = [model, cached ? say("answer.cached") : null, timings?.total_ms ? say("answer.total", { time: duration(timings.total_ms) }) : null];
    for (const [name, word] of [["search_ms", "answer.search"], ["model_ms", "answer.model"]]) {
      if (timings?.[name]) facts.push(say(word, { time: duration(timings[name]) }));
    }
    const line = element("p", { className: "made" }, element("span", {}, facts.filter(Boolean).join(" · ")));
    if (answer && grounded) line.append(copier(answer) ?? "");
    return line;
  }
}

/** Whether the answer is the server's own sentence, because no passage is near enough for a model to be called. An old
 *  answer, whose passages are `missing`, and null if they are unknown, is that of a model. */
const isRefusal = ({ blocked, grounded, missing, model, sources }) => !blocked && !grounded && !missing && missing !== null && !model && !sources?.length;
