import { language, sentences } from "./reader.js";

/** What the page says, in its language: the sentences of that language, and numbers and times by Intl. */

const FROM_RIGHT = /[\u0590-\u08ff]/;

const fromRight = document.documentElement.dir === "rtl";
const rules = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);
const hundredths = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const lists = new Intl.ListFormat(language, { type: "conjunction" });

/** The sentence of a key with its `{names}` filled in; `values.number` chooses among its plural forms. */
export function say(key, values = {}) {
  return sentence(key, values).replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** The same as nodes, where a value is one. */
export function nodes(key, values) {
  return sentence(key, values)
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") ? values[part.slice(1, -1)] : part));
}

/** Whether there is a sentence of this key. */
export const known = (key) => key in sentences;

function sentence(key, { number }) {
  const told = sentences[key];
  return typeof told === "string" ? told : (told[rules.select(number)] ?? told.other);
}

/** Text in the other direction keeps it by marks around it, and does not turn the sentence. */
function shown(value) {
  if (typeof value === "number") return numbers.format(value);
  return fromRight || FROM_RIGHT.test(value) ? `\u2068${value}\u2069` : value;
}

export const count = (number) => numbers.format(number);

export const share = (number) => new Intl.NumberFormat(language, { style: "percent" }).format(number);

export const score = (number) => hundredths.format(number);

/** What belongs together: "a, b and c". */
export const listed = (parts) => lists.format(parts);

/** The day of a moment. */
export const dateOf = (moment) => new Date(moment).toLocaleDateString(language, { dateStyle: "medium" });

const unit = (number, unit, digits = 0) => new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: digits }).format(number);

/** A time of milliseconds, as exact as a reader needs it. */
export function duration(milliseconds) {
  if (milliseconds < 100) return unit(milliseconds, "millisecond");
  const seconds = milliseconds / 1000;
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  return `${unit(Math.floor(seconds / 60), "minute")} ${unit(Math.floor(seconds % 60), "second")}`;
}

/** Of bytes. */
export const megabytes = (bytes) => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1e6);
