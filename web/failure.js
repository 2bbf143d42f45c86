import { announce, element } from "./element.js";
import { language } from "./reader.js";
import { duration, known, say } from "./words.js";

const WAIT = 5; // seconds, if a busy server does not say how long
const SERVER = "en"; // the language of the server's sentences
// What the server says of these helps beside the sentence of the page.
const DETAILED = ["answer-unusable", "invalid-request", "quota-exceeded", "request-refused", "unexplained"];

/** An error as a sentence, and its way out: "retry", "sign-in", or "none" if the request itself must change. */
export class Failure extends Error {
  constructor(message, { status = 0, way = "retry", wait = 0, request = "", detail = "" } = {}) {
    super(message);
    Object.assign(this, { status, way, wait, request, detail });
  }

  /** From the status, the server's `message` and `request_id`, and the seconds that it asks to wait. */
  static of(status, said, wait) {
    const number = Number.parseInt(wait, 10);
    return new Failure(sentence(status, said), {
      status,
      detail: language !== SERVER && DETAILED.includes(said?.cause) ? own(said) : "",
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
    return new Failure(say("failure.network"));
  }
}

/** The server's own message if it is a sentence; the gateway's are two or three words without a full stop. */
function own(said) {
  const message = typeof said?.message === "string" ? said.message.trim() : "";
  return /[.!?]$/.test(message) ? message : "";
}

/** What the server says, on a page in its language; on others the sentence of the cause, or else of the status. */
function sentence(status, said) {
  const cause = `cause.${said?.cause}`;
  if (language !== SERVER && known(cause)) return say(cause);
  const name = known(`status.${status}`) ? `status.${status}` : status >= 500 ? "status.500" : "status.400";
  return own(said) || say(name, { status: String(status) });
}

/** The failure with its way out. `retry` is called by the button; `signIn` is `{word, begin}`. */
export function failureView(failure, { retry, signIn }) {
  const number = failure.request ? element("span", { className: "hint" }, ` ${say("failure.request", { id: failure.request })}`) : "";
  const detail = failure.detail ? element("span", { className: "hint", lang: SERVER, dir: "ltr" }, failure.detail) : "";
  const view = element("div", { className: "failure", role: "alert" }, element("p", {}, failure.message, detail && " ", detail, number));
  if (failure.way === "sign-in" && signIn) {
    view.append(element("button", { type: "button", className: "button", onclick: signIn.begin }, signIn.word));
  } else if (failure.way === "retry" && retry) {
    const button = element("button", { type: "button", className: "button", onclick: retry }, say("failure.again"));
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
    button.textContent = left > 0 ? say("failure.again-in", { time: duration(left * 1000) }) : say("failure.again");
    if (left > 0) setTimeout(tick, 250);
    else if (had && button.isConnected) announce(say("failure.now"));
  };
  tick();
}
