import { byId } from "./element.js";

const YEAR = 365 * 24 * 3600; // seconds that the choice is kept

/** The reader's choice among the languages of the page. The server reads it from a cookie, so that it sends one of them. */
export class Language {
  constructor(keepDraft) {
    byId("language").addEventListener("change", ({ target }) => {
      document.cookie = `language=${target.value}; path=${location.pathname}; max-age=${YEAR}; samesite=lax; secure`;
      keepDraft();
      location.reload();
    });
  }
}
