import { byId } from "./element.js";

/** Resolves to whether the reader confirms that something is removed. */
export function confirmed(heading, text) {
  const dialog = byId("remove-dialog");
  byId("remove-heading").textContent = heading;
  byId("remove-text").textContent = text;
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

function closed(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
