import { byId } from "./element.js";

/**
 * The reader's language, and the page in it. The HTML has the sentences of all languages, and the page as a template
 * with their keys, because nothing chooses a language before the browser.
 */

const FALLBACK = "en";
const KEPT = "language"; // the name of the choice in the browser's storage
const MARK = /\{\{([\w.-]+)\}\}/g;

const { keys, languages } = JSON.parse(byId("words").textContent);

/** `[tag, name]` of each language, ordered by the names. */
export const offered = Object.entries(languages).map(([tag, { name }]) => [tag, name]);
export const language = chosen() ?? preferred() ?? FALLBACK;
export const sentences = Object.fromEntries(keys.map((key, place) => [key, languages[language].sentences[place]]));

/** Keeps the choice for the next time that the page is opened. */
export function choose(tag) {
  try {
    localStorage.setItem(KEPT, tag);
  } catch {
    // storage is disabled: the browser's language stays
  }
}

function chosen() {
  try {
    const kept = localStorage.getItem(KEPT);
    return Object.hasOwn(languages, kept) ? kept : null;
  } catch {
    return null;
  }
}

/** The first of the browser's languages that the page has; a tag of the page is a language, not a country. */
function preferred() {
  return navigator.languages.map((tag) => tag.split("-")[0].toLowerCase()).find((tag) => Object.hasOwn(languages, tag));
}

function filled(text) {
  return text.replace(MARK, (_, key) => sentences[key]);
}

function show() {
  const page = byId("page").content;
  const walker = document.createTreeWalker(page, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) node.data = filled(node.data);
    else for (const attribute of node.attributes) attribute.value = filled(attribute.value);
  }
  document.documentElement.lang = language;
  document.documentElement.dir = languages[language].direction;
  document.title = sentences["page.title"];
  byId("page").replaceWith(page);
}

// With a slash at its end, the page would look for the API one folder too deep.
if (location.pathname.endsWith("/")) history.replaceState(null, "", `../rag${location.search}${location.hash}`);
show();
