import { element } from "./element.js";
import { failureView } from "./failure.js";
import { say } from "./words.js";

const WORDS = 4; // at each end of a sentence that is looked for in a text

/** A button that opens the file of a document, at the place of the passage `source` where there is one; `named` says of which. */
export function opener(service, { document, ...source }, named = null) {
  const button = element("button", { type: "button", className: "quiet small" }, say("original.open"));
  if (named) button.setAttribute("aria-label", say("original.open-this", { title: named }));
  const place = element("div", { className: "original" }, button);
  const open = async () => {
    place.querySelector(".failure")?.remove();
    // Opened at once: browsers stop a window that a page opens by itself.
    const tab = window.open("about:blank", "_blank");
    try {
      const link = await service.original(document);
      if (link.shown && tab) {
        tab.opener = null;
        tab.location.replace(link.url + fragment(link.type, source));
      } else {
        tab?.close();
        location.assign(link.url); // it is saved, or there is no other window
      }
    } catch (failure) {
      tab?.close();
      place.append(failureView(failure, { retry: open }));
    }
  };
  button.addEventListener("click", open);
  return place;
}

/** Where browsers begin to show the file. https://wicg.github.io/scroll-to-text-fragment */
function fragment(type, { page, text = "", used = [] }) {
  if (type === "application/pdf") return page ? `#page=${page}` : "";
  if (!type.startsWith("text/") || !text) return "";
  const [{ start, end }] = used.length ? used : [{ start: 0, end: text.length }];
  const words = Array.from(text).slice(start, end).join("").trim().split(/\s+/);
  const ends = words.length > 2 * WORDS ? [words.slice(0, WORDS), words.slice(-WORDS)] : [words];
  return `#:~:text=${ends.map((part) => encodeURIComponent(part.join(" ")).replaceAll("-", "%2D")).join(",")}`;
}
