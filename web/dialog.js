import { byId } from "./element.js";
import { say } from "./words.js";

const LASTS = [1, 7, 30, 90]; // days of a link to choose from, up to what is allowed

/** Resolves to whether the reader confirms; `act` is the word of the button, which repeats the verb of `heading`. */
export function confirmed(heading, text, act) {
  const dialog = byId("remove-dialog");
  byId("remove-heading").textContent = heading;
  byId("remove-text").textContent = text;
  byId("remove-confirm").textContent = act;
  byId("remove-confirm").onclick = () => dialog.close("yes");
  byId("remove-cancel").onclick = () => dialog.close();
  return closed(dialog).then((value) => value === "yes");
}

/** Resolves to the new title that the reader gives, or null. */
export function retitled(title) {
  const dialog = byId("rename-dialog");
  const field = byId("rename-title");
  field.value = title;
  byId("rename-form").onsubmit = (event) => {
    event.preventDefault();
    dialog.close("yes");
  };
  byId("rename-cancel").onclick = () => dialog.close();
  const ended = closed(dialog);
  field.select();
  return ended.then((value) => (value === "yes" ? field.value.trim() || null : null));
}

/** Resolves to `{days, groups}` of a link that the reader wants, or null; `groups` are those that they may choose. */
export function linked(title, most, groups) {
  const dialog = byId("share-dialog");
  byId("share-title").textContent = title;
  const days = LASTS.filter((each) => each < most).concat(most);
  byId("share-days").replaceChildren(...days.map((number) => new Option(say("share.days", { number }), number, false, number === LASTS[1])));
  byId("share-group").replaceChildren(new Option(say("share.everybody"), ""), ...groups.map((group) => new Option(group, group)));
  byId("share-groups").hidden = !groups.length;
  byId("share-form").onsubmit = (event) => {
    event.preventDefault();
    dialog.close("yes");
  };
  byId("share-cancel").onclick = () => dialog.close();
  const wanted = () => ({ days: Number(byId("share-days").value), groups: [byId("share-group").value].filter(Boolean) });
  return closed(dialog).then((value) => (value === "yes" ? wanted() : null));
}

function closed(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
