import { byId } from "./element.js";

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
  if (questions) said.push(`asked ${number(questions.used)} of ${number(questions.most)} questions today`);
  if (tokens) said.push(`used ${number(tokens.used)} of ${number(tokens.most)} tokens this month`);
  byId("quota").textContent = `You have ${said.join(" and ")}.`;
  byId("quota").hidden = false;
}

const number = (value) => value.toLocaleString("en");
