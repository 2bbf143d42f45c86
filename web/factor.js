import { announce, byId } from "./element.js";
import { say } from "./words.js";

/** The dialog in which people set up their own authenticator app, or switch it off. */
export class SecondFactor {
  #account;
  #environment;
  #next = null;

  constructor(account, environment) {
    this.#account = account;
    this.#environment = environment;
    byId("factor").hidden = false;
    byId("factor").addEventListener("click", () => this.#open());
    byId("factor-cancel").addEventListener("click", () => byId("factor-dialog").close());
    byId("factor-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = this.#next();
      if (wanted) this.#ask(wanted);
      else byId("factor-code").focus();
    });
  }

  #open() {
    this.#show(say("factor.looking"), null);
    byId("factor-dialog").showModal();
    this.#ask("state");
  }

  async #ask(wanted) {
    const go = byId("factor-go");
    go.disabled = true;
    byId("factor-wrong").textContent = "";
    try {
      this.#told(await this.#account.secondFactor(wanted));
    } catch (failure) {
      byId("factor-wrong").textContent = failure.message;
    }
    go.disabled = false;
  }

  #told({ secret, on }) {
    if (secret) {
      this.#show(say("factor.add"), say("factor.check"), () => byId("factor-code").value.trim());
      byId("factor-setup").hidden = false;
      byId("factor-secret").textContent = secret.match(/.{1,4}/g).join(" ");
      const label = encodeURIComponent(`osml ${this.#environment}:${this.#account.name}`);
      byId("factor-link").href = `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(`osml ${this.#environment}`)}`;
      byId("factor-code").focus();
    } else if (on) {
      this.#show(say("factor.on"), say("factor.switch-off"), () => "off");
      announce(say("factor.on"));
    } else {
      this.#show(say("factor.off"), say("factor.set-up"), () => "begin");
    }
  }

  #show(text, word, next) {
    byId("factor-text").textContent = text;
    byId("factor-setup").hidden = true;
    byId("factor-code").value = byId("factor-secret").textContent = byId("factor-wrong").textContent = "";
    byId("factor-go").hidden = word === null;
    byId("factor-go").textContent = word ?? "";
    this.#next = next;
  }
}
