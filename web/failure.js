import { announce, element } from "./element.js";

const WAIT = 5; // seconds, where a busy server does not say how long

/** What went wrong as a sentence, and the way out: "retry", "sign-in", or "none" where the request itself must change. */
export class Failure extends Error {
  constructor(message, { status = 0, way = "retry", wait = 0, request = "" } = {}) {
    super(message);
    Object.assign(this, { status, way, wait, request });
  }

  /** From the status, what the server says about it (`message`, `request_id`), and the seconds it asks to wait. */
  static of(status, said, wait) {
    const number = Number.parseInt(wait, 10);
    return new Failure(sentence(status, said?.message), {
      status,
      request: status >= 500 ? (said?.request_id ?? "") : "",
      way: status === 401 || status === 403 ? "sign-in" : status < 500 && status !== 429 && status !== 408 ? "none" : "retry",
      wait: number > 0 ? Math.min(number, 900) : status === 429 || status === 503 ? WAIT : 0,
    });
  }

  static async ofResponse(response) {
    let body = null;
    try {
      body = await response.json();
    } catch {
      // the gateway's own pages hold no sentence
    }
    return Failure.of(response.status, body, response.headers.get("Retry-After"));
  }

  static ofNetwork() {
    return new Failure("The server could not be reached. See whether you are online, then try again.");
  }
}

/** The server's own words where they are a sentence; the gateway's are two or three words without a full stop. */
function sentence(status, said) {
  if (typeof said === "string" && /[.!?]$/.test(said.trim())) return said.trim();
  if (status === 401) return "You are not signed in, or your sign-in has ended.";
  if (status === 403) return "This sign-in was not accepted here.";
  if (status === 413) return "This is more than the server takes at once. Make it shorter and send it again.";
  if (status === 429) return "Too much is being asked at the moment.";
  if (status === 503) return "The search or the model is not available at the moment.";
  if (status === 504) return "The answer took longer than the server may wait.";
  if (status >= 500) return `The server failed at this (status ${status}). If it keeps failing, tell whoever runs this environment.`;
  return `The server did not accept this (status ${status}).`;
}

/** The failure with its way out. `retry` is called by the button; `signIn` is `{word, begin}`. */
export function failureView(failure, { retry, signIn }) {
  const number = failure.request ? element("span", { className: "hint" }, ` Request ${failure.request}`) : "";
  const view = element("div", { className: "failure", role: "alert" }, element("p", {}, failure.message, number));
  if (failure.way === "sign-in" && signIn) {
    view.append(element("button", { type: "button", className: "button", onclick: signIn.begin }, signIn.word));
  } else if (failure.way === "retry" && retry) {
    const button = element("button", { type: "button", className: "button", onclick: retry }, "Try again");
    view.append(button);
    countDown(button, failure.wait);
  }
  return view;
}

function countDown(button, wait) {
  const until = performance.now() + wait * 1000;
  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    const had = button.disabled;
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    if (left > 0) setTimeout(tick, 250);
    else if (had && button.isConnected) announce("You can try again now.");
  };
  tick();
}
