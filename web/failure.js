import { announce, element } from "./element.js";

const WAIT = 5; // seconds, if a busy server does not say how long

/** An error as a sentence, and its way out: "retry", "sign-in", or "none" if the request itself must change. */
export class Failure extends Error {
  constructor(message, { status = 0, way = "retry", wait = 0, request = "" } = {}) {
    super(message);
    Object.assign(this, { status, way, wait, request });
  }

  /** From the status, the server's `message` and `request_id`, and the seconds that it asks to wait. */
  static of(status, said, wait) {
    const number = Number.parseInt(wait, 10);
    return new Failure(sentence(status, said?.message), {
      status,
      request: status >= 500 ? (said?.request_id ?? "") : "",
      // A quota begins anew at midnight or with the next month.
      way: said?.cause === "quota-exceeded" ? "none" : status === 401 || status === 403 ? "sign-in" : status < 500 && status !== 429 && status !== 408 ? "none" : "retry",
      wait: number > 0 ? Math.min(number, 900) : status === 429 || status === 503 ? WAIT : 0,
    });
  }

  static async ofResponse(response) {
    let body = null;
    try {
      body = await response.json();
    } catch {
      // the gateway's own pages have no sentence
    }
    return Failure.of(response.status, body, response.headers.get("Retry-After"));
  }

  static ofNetwork() {
    return new Failure("The server could not be reached. Check your connection, then try again.");
  }
}

/** The server's own message if it is a sentence; the gateway's are two or three words without a full stop. */
function sentence(status, said) {
  if (typeof said === "string" && /[.!?]$/.test(said.trim())) return said.trim();
  if (status === 401) return "You are not signed in, or your sign-in has ended.";
  if (status === 403) return "Your sign-in does not give access here.";
  if (status === 413) return "The request is too large. Shorten it and send it again.";
  if (status === 429) return "Too many questions are being asked right now.";
  if (status === 503) return "The search or the model is not available at the moment.";
  if (status === 504) return "The answer took too long. Try again.";
  if (status >= 500) return `The server failed (status ${status}). If it keeps failing, contact your administrator.`;
  return `The server did not accept the request (status ${status}).`;
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
