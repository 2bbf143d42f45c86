import { Failure } from "./failure.js";
import { say } from "./words.js";

const EARLY = 60_000; // remaining milliseconds below which a token is renewed

/** Sign-in with the user pool's page: authorization code with PKCE. The tokens stay in this tab. */
export class Account {
  word = say("sign-in.word");
  again = say("sign-in.again");
  text = say("sign-in.text");
  #settings;
  #root;
  #tab;
  #renewal = null;

  constructor(settings, root, tab) {
    this.#settings = settings;
    this.#root = root;
    this.#tab = tab;
  }

  get #page() {
    return new URL("rag", this.#root).href;
  }

  get #tokens() {
    return this.#tab.get("tokens");
  }

  get ready() {
    return this.#tokens !== null;
  }

  /** The name of the signed-in user, for display; the API checks the token. */
  get name() {
    return this.#claims.email ?? this.#claims["cognito:username"] ?? "";
  }

  /** Distinguishes users of this tab. */
  get who() {
    return this.#claims.sub ?? "";
  }

  get #claims() {
    try {
      const bytes = Uint8Array.from(atob(this.#tokens.id.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return {};
    }
  }

  /** Completes a sign-in that returned with `?code` or `?error`; throws a Failure with the reason if it failed. */
  async arrive() {
    const query = new URLSearchParams(location.search);
    if (!query.has("code") && !query.has("error")) return;
    history.replaceState(null, "", this.#page);
    const begun = this.#tab.get("sign-in");
    this.#tab.drop("sign-in");
    if (!begun || query.get("state") !== begun.state) {
      throw new Failure(say("sign-in.foreign"), { way: "sign-in" });
    }
    if (query.has("error")) {
      const why = query.get("error_description") ?? query.get("error");
      throw new Failure(say("sign-in.incomplete", { reason: why.replace(/\.?$/, ".") }), { way: "sign-in" });
    }
    await this.#exchange({ code: query.get("code"), verifier: begun.verifier, page: this.#page });
    history.replaceState(null, "", this.#page + begun.at);
  }

  async begin() {
    const verifier = random();
    const state = random();
    this.#tab.set("sign-in", { verifier, state, at: location.hash });
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    this.#leave(this.#settings.authorize_url, {
      response_type: "code",
      client_id: this.#settings.client_id,
      redirect_uri: this.#page,
      scope: this.#settings.scope,
      state,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: "S256",
    });
  }

  /** Signs out at the pool, too, and gives the refresh token back: it is good no more. */
  end() {
    const refresh = this.#tokens?.refresh;
    this.#tab.drop("tokens");
    // Goes on when the page is left. Where it fails, the token ends by itself within a day.
    if (refresh) this.#session({ sign_out: refresh }, { keepalive: true }).catch(() => {});
    this.#leave(this.#settings.logout_url, { client_id: this.#settings.client_id, logout_uri: this.#page });
  }

  /** What the pool says of one's authenticator app; `wanted` is "state", "begin", "off", or the app's code. */
  async secondFactor(wanted) {
    let response;
    try {
      response = await this.#session({ refresh_token: this.#tokens?.refresh, second_factor: wanted });
    } catch {
      throw Failure.ofNetwork();
    }
    if (!response.ok) throw await Failure.ofResponse(response);
    return response.json();
  }

  async headers() {
    if (!this.ready) throw Failure.of(401);
    if (this.#tokens.until - Date.now() < EARLY && !(await this.renew())) throw Failure.of(401);
    return { Authorization: this.#tokens.id };
  }

  /** Gets new tokens with the refresh token; false if a new sign-in is needed. Concurrent calls share one request. */
  renew() {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    const refresh = this.#tokens?.refresh;
    if (!refresh) return false;
    try {
      await this.#exchange({ refresh_token: refresh });
      return true;
    } catch (failure) {
      if (failure.status < 400 || failure.status >= 500 || failure.status === 429) throw failure;
      this.#tab.drop("tokens");
      return false;
    }
  }

  async #exchange(body) {
    let response;
    try {
      response = await this.#session(body);
    } catch {
      throw Failure.ofNetwork();
    }
    if (!response.ok) {
      const failure = await Failure.ofResponse(response);
      if (response.status < 500 && response.status !== 429) failure.way = "sign-in";
      throw failure;
    }
    const tokens = await response.json();
    this.#tab.set("tokens", {
      id: tokens.id_token,
      refresh: tokens.refresh_token ?? this.#tokens?.refresh,
      until: Date.now() + tokens.expires_in * 1000,
    });
  }

  #session(body, more = {}) {
    return fetch(new URL("rag/session", this.#root), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      ...more,
    });
  }

  #leave(address, query) {
    const url = new URL(address);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    location.assign(url);
  }
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
