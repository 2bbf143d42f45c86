import { byId, element } from "./element.js";
import { say } from "./words.js";

/** Suggests questions about existing documents, or a link to add the first one; `begin` starts a question about a title. */
export async function suggest(service, rights, begin) {
  let documents, loads;
  try {
    loads = await rights.has("editor");
    ({ documents } = await service.documents({}, 3));
  } catch {
    return; // a question will show the problem
  }
  byId("starts").replaceChildren(
    ...(documents.length
      ? documents.map(({ title, id }) => element("button", { type: "button", className: "start", dir: "auto", title: title || id, onclick: () => begin(title || id) }, title || id))
      : [element("p", {}, say("documents.none")), ...(loads ? [element("a", { className: "button", href: "#documents" }, say("documents.add"))] : [])]),
  );
}
