import { announce, byId, element } from "./element.js";
import { failureView } from "./failure.js";
import { Preview } from "./preview.js";
import { dateOf, say } from "./words.js";

const MOST = 4000; // characters of a text
const TEXTS = ["system", "instructions"];

/** The prompt, for owners: a draft, its preview, and the versions that were published. */
export class Prompts {
  #service;
  #signIn;
  #tab;
  #versions = [];
  #system = field("system");
  #instructions = field("instructions");
  #note = element("input", { id: "prompt-note", maxLength: 200, dir: "auto", autocomplete: "off" });
  #always = element("p", { className: "hint" });
  #said = element("div");
  #list = element("ul", { className: "rows" });
  #before = element("div", { className: "below" });
  #whole;

  constructor(service, signIn, tab) {
    this.#service = service;
    this.#tab = tab;
    this.#signIn = { word: signIn.again, begin: async () => (await signIn.begin()) && this.load() };
    const preview = new Preview(service, () => ({ now: { number: this.#versions[0].number }, draft: this.#draft() }), this.#signIn);
    const form = element(
      "form",
      { className: "prompt" },
      ...labelled(this.#system),
      ...labelled(this.#instructions),
      this.#always,
      element("label", { htmlFor: "prompt-note" }, say("prompt.note")),
      this.#note,
      element("p", { className: "buttons" }, element("button", { className: "primary" }, say("prompt.publish"))),
      this.#said,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#publish();
    });
    form.addEventListener("input", () => this.#tab.set("prompt", this.#texts()));
    this.#whole = element("div", { hidden: true }, form, preview.node, element("h3", {}, say("prompt.versions")), this.#list);
    byId("prompts").append(this.#before, this.#whole);
  }

  /** Shows the versions as they are now; before the first ones have come there is nothing to change or to compare. */
  async load() {
    if (this.#whole.hidden) this.#before.replaceChildren(element("p", { className: "hint" }, say("list.loading")));
    try {
      const { versions, always } = await this.#service.prompts();
      this.#versions = versions;
      this.#always.textContent = say("prompt.always", { sentence: always });
      this.#list.replaceChildren(...versions.map((version, place) => this.#row(version, place === 0)));
      if (!this.#system.value && !this.#instructions.value) this.#take(this.#tab.get("prompt") ?? versions[0]);
      this.#said.replaceChildren();
      this.#before.replaceChildren();
      this.#whole.hidden = false;
    } catch (failure) {
      const place = this.#whole.hidden ? this.#before : this.#said;
      place.replaceChildren(failureView(failure, { retry: () => this.load(), signIn: this.#signIn }));
    }
  }

  #texts() {
    return { system: this.#system.value.trim(), instructions: this.#instructions.value.trim() };
  }

  /** The texts, or the number of the version that has exactly these. */
  #draft() {
    const texts = this.#texts();
    const same = this.#versions.find((version) => TEXTS.every((name) => version[name] === texts[name]));
    return same ? { number: same.number } : texts;
  }

  #take({ system, instructions }) {
    this.#system.value = system;
    this.#instructions.value = instructions;
    this.#tab.set("prompt", this.#texts());
  }

  async #publish() {
    try {
      const { number } = await this.#service.publish({ ...this.#draft(), note: this.#note.value.trim(), after: this.#versions[0].number });
      this.#note.value = "";
      this.#tab.drop("prompt");
      await this.load();
      const said = say("prompt.published", { number });
      this.#said.replaceChildren(element("p", { className: "hint" }, said));
      announce(said);
    } catch (failure) {
      this.#said.replaceChildren(failureView(failure, { retry: () => this.#publish(), signIn: this.#signIn }));
    }
  }

  #row(version, isCurrent) {
    const { number, at, by, note, restores } = version;
    const about = [
      isCurrent ? say("prompt.current") : null,
      number === 0 || restores === 0 ? say("prompt.file") : null,
      restores ? say("prompt.restores", { version: restores }) : null,
      at ? dateOf(at) : null,
      by,
    ];
    const take = element("button", { type: "button", className: "quiet small", "aria-label": say("prompt.take-this", { number }) }, say("prompt.take"));
    take.addEventListener("click", () => {
      this.#take(version);
      this.#system.focus();
    });
    return element(
      "li",
      { className: "row" },
      element(
        "div",
        {},
        element("p", { className: "row-title", dir: "auto" }, `${say("prompt.version", { number })}${note ? `: ${note}` : ""}`),
        element("p", { className: "hint" }, about.filter(Boolean).join(" · ")),
        element("details", {}, element("summary", {}, say("prompt.text")), ...TEXTS.map((name) => element("p", { className: "said", dir: "auto" }, version[name]))),
      ),
      element("div", { className: "row-tools" }, take),
    );
  }
}

function field(name) {
  return element("textarea", { id: `prompt-${name}`, name, rows: name === "system" ? 3 : 6, maxLength: MOST, required: true, dir: "auto" });
}

function labelled(area) {
  return [element("label", { htmlFor: area.id }, say(`prompt.${area.name}`)), area];
}
