import { byId } from "./element.js";
import { listed, say } from "./words.js";

/** Says below the question how much one may still ask; nothing where there is no limit. */
export class Quota {
  #service;

  constructor(service, rights) {
    this.#service = service;
    rights.quota().then((quota) => {
      if (quota === null) return;
      show(quota);
      service.addEventListener("asked", () => this.#refresh());
    });
  }

  async #refresh() {
    try {
      show((await this.#service.me()).quota);
    } catch {
      // the next question shows it
    }
  }
}

function show(quota) {
  const { questions, tokens } = quota;
  const said = [];
  if (questions) said.push(say("quota.questions", { number: questions.used, most: questions.most }));
  if (tokens) said.push(say("quota.tokens", { number: tokens.used, most: tokens.most }));
  byId("quota").textContent = say("quota.said", { used: listed(said) });
  byId("quota").hidden = false;
}
