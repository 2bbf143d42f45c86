import { announce, byId } from "./element.js";

const ON = "You sign in with a code of your authenticator app.";
const OFF = "Set up an authenticator app, and you sign in with its code besides your password.";
const SETUP = "Add an entry to the app with this secret, then type the code that it shows.";

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
    this.#show("Looking at the sign-in …", null);
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
      this.#show(SETUP, "Check the code", () => byId("factor-code").value.trim());
      byId("factor-setup").hidden = false;
      byId("factor-secret").textContent = secret.match(/.{1,4}/g).join(" ");
      const label = encodeURIComponent(`osml ${this.#environment}:${this.#account.name}`);
      byId("factor-link").href = `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(`osml ${this.#environment}`)}`;
      byId("factor-code").focus();
    } else if (on) {
      this.#show(ON, "Switch it off", () => "off");
      announce(ON);
    } else {
      this.#show(OFF, "Set up", () => "begin");
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
