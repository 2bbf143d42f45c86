import { byId } from "./element.js";
import { Failure } from "./failure.js";
import { say } from "./words.js";

/** Sign-in with an API key, entered in a dialog. The key stays in this tab. */
export class Key {
  word = say("key.word");
  again = say("key.again");
  text = say("key.text");
  name = "";
  #root;
  #tab;

  constructor(root, tab) {
    this.#root = root;
    this.#tab = tab;
  }

  get ready() {
    return this.#tab.get("key") !== null;
  }

  /** Distinguishes users of this tab: holders of one key are one. */
  get who() {
    return this.#tab.get("key") ?? "";
  }

  async arrive() {}

  /** Asks until the API accepts the key; resolves to false if the dialog was closed. */
  begin() {
    const dialog = byId("key-dialog");
    const field = byId("key");
    const wrong = byId("key-wrong");
    field.value = wrong.textContent = "";
    dialog.showModal();
    return new Promise((resolve) => {
      const cancel = () => dialog.close();
      const submit = async (event) => {
        event.preventDefault();
        wrong.textContent = "";
        const said = await this.#refusal(field.value.trim());
        if (said) {
          wrong.textContent = said;
          field.select();
          field.focus();
        } else {
          const before = this.#tab.get("whose");
          this.#tab.set("key", field.value.trim());
          dialog.close();
          // What another holder has asked is still on the page.
          if (before !== null && before !== this.who) location.reload();
        }
      };
      const closed = () => {
        field.value = "";
        byId("key-form").removeEventListener("submit", submit);
        byId("key-cancel").removeEventListener("click", cancel);
        resolve(this.ready);
      };
      byId("key-form").addEventListener("submit", submit);
      byId("key-cancel").addEventListener("click", cancel);
      dialog.addEventListener("close", closed, { once: true });
    });
  }

  end() {
    this.#tab.drop("key");
    location.reload();
  }

  async headers() {
    if (!this.ready) throw Failure.of(401);
    return { "x-api-key": this.#tab.get("key") };
  }

  async renew() {
    return false;
  }

  /** A sentence if the API refuses the key, else "". The health of the search does not matter here. */
  async #refusal(key) {
    try {
      const response = await fetch(new URL("health", this.#root), { headers: { "x-api-key": key }, cache: "no-store" });
      return [401, 403].includes(response.status) ? say("key.refused") : "";
    } catch {
      return say("key.unchecked");
    }
  }
}
