import { byId, element } from "./element.js";

/** Lets the reader choose the model that answers, where there are several; a reload of the tab keeps the choice. */
export class ModelChoice {
  constructor(service, rights, tab) {
    rights.models().then((names) => {
      if (!names.length) return;
      const field = byId("model");
      const choose = () => (service.model = field.selectedIndex ? field.value : null);
      field.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
      const kept = tab.get("model");
      if (names.includes(kept)) field.value = kept;
      field.addEventListener("change", () => {
        tab.set("model", field.value);
        choose();
      });
      choose();
      byId("choice").hidden = false;
    });
  }
}
