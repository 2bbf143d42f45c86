import { announce, byId, element } from "./element.js";
import { Exchange } from "./exchange.js";
import { failureView } from "./failure.js";
import { dateOf, say } from "./words.js";

const LINK = /^#shared-([0-9a-f]{32})$/;

/** The id of the link that the address has; null if it has none. */
export const linkIn = (hash) => LINK.exec(hash)?.[1] ?? null;

/** Shows what is behind a link, as far as the reader may see it: to read, not to continue. */
export async function showShared(id, service, signIn) {
  const place = byId("shared");
  place.replaceChildren(element("p", { className: "hint" }, say("list.loading")));
  const again = () => showShared(id, service, signIn);
  try {
    const { title, by, until, shown, withheld } = await service.shared(id);
    byId("shared-heading").textContent = title;
    const about = { name: by, date: dateOf(until) };
    const exchanges = shown.map(({ question, ...answer }) => {
      const exchange = new Exchange(question, service);
      exchange.finish(answer);
      return exchange.node;
    });
    const left = withheld ? [element("p", { className: "hint" }, say("shared.withheld", { number: withheld }))] : [];
    place.replaceChildren(element("p", { className: "lead" }, say(by ? "shared.by" : "shared.until", about)), ...exchanges, ...left);
    announce(say("questions.shown", { number: shown.length }));
  } catch (failure) {
    place.replaceChildren(failureView(failure, { retry: again, signIn: { word: signIn.again, begin: async () => (await signIn.begin()) && again() } }));
  }
}
