import { announce, element } from "./element.js";
import { Failure, failureView } from "./failure.js";
import { say, share } from "./words.js";

const MOST = 30; // questions
const SIDES = ["now", "draft"];
// What is counted, and of what.
const MEASURES = [
  ["faithfulness", "borne_out", "sentences"],
  ["precision", "right", "citations"],
  ["recall", "cited", "sentences"],
  ["grounded", "grounded", "answers"],
  ["relevant", "found", "labelled"],
];

/** Asks the questions of an evaluation set by the current prompt and by the draft, and compares the answers. */
export class Preview {
  node;
  #service;
  #prompts;
  #signIn;
  #running = null;
  #questions = element("textarea", { id: "preview-questions", rows: 4, dir: "auto", spellcheck: false });
  #run = element("button", { className: "button" }, say("preview.run"));
  #stop = element("button", { type: "button", className: "button", hidden: true }, say("preview.stop"));
  #result = element("div", { className: "below" });

  /** `prompts` gives both sides as the API takes a draft: `{now, draft}`. */
  constructor(service, prompts, signIn) {
    this.#service = service;
    this.#prompts = prompts;
    this.#signIn = signIn;
    const file = element("input", { type: "file", id: "preview-file", className: "unseen", accept: ".ndjson,.jsonl,.txt" });
    file.addEventListener("change", async () => {
      if (file.files.length) this.#questions.value = await file.files[0].text();
      file.value = "";
    });
    this.#stop.addEventListener("click", () => this.#running?.abort());
    const form = element(
      "form",
      { className: "prompt" },
      element("label", { htmlFor: "preview-questions" }, say("preview.questions")),
      this.#questions,
      element("p", { className: "buttons" }, element("span", { className: "drop-file" }, element("label", { htmlFor: "preview-file", className: "button" }, say("preview.file")), file), this.#run, this.#stop),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#compare();
    });
    this.node = element("section", { "aria-labelledby": "preview-heading" }, element("h3", { id: "preview-heading" }, say("preview.heading")), form, this.#result);
  }

  async #compare() {
    const all = questionsIn(this.#questions.value);
    const asked = all.slice(0, MOST);
    if (!asked.length) {
      this.#result.replaceChildren(element("p", { className: "wrong", role: "alert" }, say("preview.none")));
      return;
    }
    const running = (this.#running = new AbortController());
    const prompts = this.#prompts();
    const bar = element("progress", { max: asked.length, value: 0, "aria-label": say("preview.heading") });
    const state = element("p", { className: "hint" });
    const sums = { now: sum(), draft: sum() };
    const answers = element("div", { className: "previewed" });
    this.#arrange();
    this.#result.replaceChildren(bar, state);
    try {
      for (const [place, labelled] of asked.entries()) {
        state.textContent = say("preview.progress", { number: place + 1, of: asked.length });
        const [now, draft] = await Promise.all(SIDES.map((side) => this.#answer(labelled.question, prompts[side], running.signal)));
        add(sums.now, now, labelled);
        add(sums.draft, draft, labelled);
        answers.append(pair(labelled.question, now, draft));
        bar.value = place + 1;
      }
      state.textContent = all.length > MOST ? say("preview.most", { number: MOST }) : "";
      announce(say("preview.done"));
    } catch (failure) {
      if (failure.name !== "AbortError") this.#result.append(failureView(failure, { retry: () => this.#compare(), signIn: this.#signIn }));
    } finally {
      running.abort(); // the other side's answer, where one has failed
      this.#running = null;
      this.#arrange();
    }
    if (sums.now.answers) {
      this.#result.prepend(element("div", { className: "figures", tabIndex: 0, role: "group", "aria-label": say("answer.table") }, figures(sums)));
      this.#result.append(answers);
    }
    bar.remove();
  }

  async #answer(question, draft, signal) {
    for await (const { name, value } of this.#service.ask({ question, draft }, signal)) {
      if (name === "answer") return value;
    }
    throw new Failure(say("failure.broken"));
  }

  #arrange() {
    const held = [this.#run, this.#stop].includes(document.activeElement);
    this.#run.hidden = this.#running !== null;
    this.#stop.hidden = this.#running === null;
    if (held) (this.#running ? this.#stop : this.#run).focus();
  }
}

/** Lines of an evaluation set, `{question, relevant}`, or questions as they are. */
function questionsIn(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      try {
        const { question, relevant } = JSON.parse(line);
        if (typeof question === "string") return { question, relevant: Object.keys(relevant ?? {}) };
      } catch {
        // a question in words
      }
      return { question: line, relevant: [] };
    });
}

const sum = () => ({ sentences: 0, borne_out: 0, citations: 0, right: 0, cited: 0, answers: 0, grounded: 0, labelled: 0, found: 0 });

function add(sums, { counts, grounded, sources }, { relevant }) {
  for (const [name, number] of Object.entries(counts ?? {})) sums[name] += number;
  sums.answers += 1;
  sums.grounded += grounded ? 1 : 0;
  if (!relevant.length) return;
  sums.labelled += 1;
  sums.found += sources.some((source) => source.used?.length && relevant.includes(source.document)) ? 1 : 0;
}

function figures(sums) {
  const head = element("tr", {}, element("td"), ...SIDES.map((side) => element("th", { scope: "col" }, say(`preview.${side}`))));
  const rows = MEASURES.filter(([, , of]) => of !== "labelled" || sums.now.labelled).map(([name, held, of]) =>
    element("tr", {}, element("th", { scope: "row" }, say(`preview.${name}`)), ...SIDES.map((side) => element("td", {}, sums[side][of] ? share(sums[side][held] / sums[side][of]) : "–"))),
  );
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

function pair(question, now, draft) {
  const said = { now, draft };
  return element(
    "details",
    {},
    element("summary", { dir: "auto" }, question),
    ...SIDES.flatMap((side) => [element("h4", {}, say(`preview.${side}`)), element("p", { className: "said", dir: "auto" }, said[side].answer ?? "")]),
  );
}
