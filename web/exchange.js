import { announce, duration, element, plural } from "./element.js";
import { failureView } from "./failure.js";
import { prose } from "./prose.js";
import { Sources } from "./sources.js";
import { stepsView } from "./steps.js";

const STAGES = { searching: "Searching", answering: "Writing the answer" };
let count = 0;

/** One question and its result: stages, the growing answer, its sources, or the error. */
export class Exchange {
  node;
  #reply = element("div", { className: "reply" });
  #stage = element("p", { className: "stage" });
  #answer = element("div", { className: "answer" });
  #after = element("div", { className: "after" });
  #sources;
  #text = "";
  #clock = 0;
  #drawing = false;

  constructor(question) {
    count += 1;
    this.#sources = new Sources(`source-${count}`);
    this.#reply.append(this.#stage, this.#answer, this.#after);
    this.node = element(
      "article",
      { className: "exchange", "aria-labelledby": `question-${count}` },
      element("h2", { id: `question-${count}`, className: "asked" }, question),
      this.#reply,
      this.#sources.node,
    );
  }

  /** Resets to the question alone, with a clock that appears after a long wait. */
  begin() {
    this.#text = "";
    this.#answer.replaceChildren();
    this.#after.replaceChildren();
    this.#sources.show([]);
    this.#answer.setAttribute("aria-busy", "true");
    const since = performance.now();
    const clock = element("span", { className: "clock" });
    this.#stage.replaceChildren(element("span", { className: "stage-words" }, "Sending"), clock);
    this.#stage.hidden = false;
    this.#clock = setInterval(() => {
      const passed = Math.floor((performance.now() - since) / 1000);
      if (passed >= 3) clock.textContent = passed < 60 ? `${passed} s` : `${Math.floor(passed / 60)} min ${passed % 60} s`;
    }, 500);
  }

  stage(name) {
    const words = STAGES[name] ?? "Working";
    this.#stage.querySelector(".stage-words").textContent = words;
    announce(`${words}.`);
  }

  /** Shows a search that the answer model asked for, while it is made. */
  step(step) {
    this.#stage.querySelector(".stage-words").textContent = `Searching for “${step.query}”`;
  }

  sources(sources) {
    this.#sources.show(sources, false);
    if (sources.length) announce(`${plural(sources.length, "passage")} found.`);
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

  finish(answer) {
    this.#end();
    this.#text = answer.answer ?? "";
    const sources = answer.sources ?? [];
    this.#sources.show(sources, true, answer.grounded);
    this.#draw();
    if (answer.blocked) {
      this.#answer.prepend(element("p", { className: "absent" }, "Not allowed here"));
    } else if (answer.missing === null) {
      this.#after.replaceChildren(element("p", { className: "hint" }, "The sources of this answer were not kept."));
    } else if (answer.missing && !sources.length) {
      this.#after.replaceChildren(element("p", { className: "hint" }, "The sources of this answer are no longer here for you."));
    } else if (!answer.grounded && !sources.length) {
      this.#answer.prepend(element("p", { className: "absent" }, "Not in the documents"));
      this.#after.replaceChildren(
        element("p", { className: "hint" }, "Ask in other words, or ", element("a", { href: "#documents" }, "add a document with the answer"), "."),
      );
    } else if (answer.answer === null) {
      this.#answer.replaceChildren(element("p", { className: "absent" }, "The passages nearest to your question"));
    } else if (!answer.grounded) {
      this.#after.replaceChildren(element("p", { className: "hint" }, "No sentence of the documents supports this answer."));
    }
    if (answer.missing && sources.length) {
      this.#after.append(element("p", { className: "hint" }, `${plural(answer.missing, "passage")} of this answer ${answer.missing === 1 ? "is" : "are"} no longer here for you.`));
    }
    this.#after.append(this.#sources.jumps(sources) ?? "", stepsView(answer.steps ?? []), this.#made(answer));
    announce(`${this.#text ? `Answer: ${this.#text}` : "Done."} ${sources.length ? `${plural(sources.length, "source")}.` : ""}`);
  }

  /** Puts the buttons for a judgement below the answer. */
  judge(verdict) {
    this.#after.append(verdict.node);
  }

  fail(failure, ways) {
    this.#end();
    if (this.#text) this.#draw();
    this.#after.replaceChildren(failureView(failure, ways));
  }

  stop(again) {
    this.#end();
    if (this.#text) this.#draw();
    this.#after.replaceChildren(
      element("p", { className: "stopped" }, this.#text ? "Stopped. The answer is incomplete. " : "Stopped. ", element("button", { type: "button", className: "button", onclick: again }, "Ask again")),
    );
    announce("Stopped.");
  }

  #draw() {
    this.#answer.replaceChildren(prose(this.#text, this.#sources));
  }

  #end() {
    clearInterval(this.#clock);
    this.#clock = 0;
    this.#stage.hidden = true;
    this.#answer.removeAttribute("aria-busy");
  }

  #made({ answer, cached, grounded, model, timings }) {
    const facts = [model, cached ? "given before" : null, timings?.total_ms ? `${duration(timings.total_ms)} in all` : null];
    for (const [name, word] of [["search_ms", "search"], ["model_ms", "model"]]) {
      if (timings?.[name]) facts.push(`${word} ${duration(timings[name])}`);
    }
    const line = element("p", { className: "made" }, element("span", {}, facts.filter(Boolean).join(" · ")));
    if (answer && grounded && navigator.clipboard) {
      const copy = element("button", { type: "button", className: "quiet small" }, "Copy");
      copy.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(answer);
          copy.textContent = "Copied";
        } catch {
          copy.textContent = "The browser does not allow copying";
        }
        announce(copy.textContent);
        setTimeout(() => (copy.textContent = "Copy"), 2000);
      });
      line.append(copy);
    }
    return line;
  }
}
