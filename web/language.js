import { byId, element } from "./element.js";
import { choose, language, offered } from "./reader.js";

/** The reader's choice among the languages of the page, which is then loaded anew. */
export class Language {
  constructor(keepDraft) {
    byId("language").append(...offered.map(([tag, name]) => element("option", { value: tag, lang: tag, selected: tag === language }, name)));
    byId("language").addEventListener("change", ({ target }) => {
      choose(target.value);
      keepDraft();
      location.reload();
    });
  }
}
