import { Account } from "./account.js";
import { Conversation } from "./conversation.js";
import { byId } from "./element.js";
import { failureView } from "./failure.js";
import { History } from "./history.js";
import { Judgements } from "./judgements.js";
import { Key } from "./key.js";
import { Language } from "./language.js";
import { Links } from "./links.js";
import { Library } from "./library.js";
import { ModelChoice } from "./models.js";
import { Prompts } from "./prompts.js";
import { Quota } from "./quota.js";
import { Rights } from "./rights.js";
import { SecondFactor } from "./factor.js";
import { Service } from "./service.js";
import { linkIn, showShared } from "./shared.js";
import { Tab } from "./tab.js";
import { say } from "./words.js";

const VIEWS = ["ask", "conversations", "documents", "feedback", "prompt"];

// The page is at rag, without a slash at its end: the API is beside it.
const stage = new URL(".", location.href);

async function start() {
  const told = JSON.parse(byId("settings").textContent);
  const root = new URL(told.api, stage);
  byId("environment").textContent = told.environment;
  byId("environment").hidden = false;
  document.title = say("title.of", { environment: told.environment });

  const tab = new Tab(root);
  new Language(() => tab.set("draft", byId("question").value));
  const sign = told.sign_in === "api-key" ? new Key(root, tab) : new Account(told, root, tab);
  byId("sign-out").addEventListener("click", () => {
    tab.clear();
    sign.end();
  });
  try {
    await sign.arrive();
  } catch (failure) {
    const retry = () => location.reload();
    byId("trouble").replaceChildren(failureView(failure, { retry, signIn: { word: say("sign-in.again"), begin: () => sign.begin() } }));
  }
  if (sign.ready) enter(sign, root, tab, told);
  else wait(sign, root, tab, told);
}

/** Calls no API before the sign-in. */
function wait(sign, root, tab, told) {
  byId("gate-text").textContent = sign.text;
  byId("sign-in").textContent = sign.word;
  byId("gate").hidden = false;
  byId("sign-in").addEventListener("click", async () => {
    if (await sign.begin()) {
      byId("gate").hidden = true;
      enter(sign, root, tab, told);
    }
  });
}

function enter(sign, root, tab, told) {
  tab.claim(sign.who);
  const service = new Service(root, sign);
  const rights = new Rights(service);
  new Quota(service, rights);
  new ModelChoice(service, rights, tab);
  const conversation = new Conversation(service, sign, tab, rights);
  const library = new Library(service, tab, sign, rights, told.visible_seconds);
  byId("sign-out").hidden = false;
  if (told.second_factor) new SecondFactor(sign, told.environment);
  if (sign.name) byId("sign-out").title = say("sign-in.as", { name: sign.name });
  byId("views").hidden = false;

  const links = new Links(service, sign, rights);
  const history = new History(service, sign, {
    open: (id) => {
      location.hash = "ask";
      conversation.open(id);
    },
    forget: (id) => {
      conversation.forget(id);
      links.load();
    },
    share: rights.sharing().then((days) => days && ((id, title) => links.share(id, title))),
  });
  const judgements = new Judgements(service, sign);
  rights.sharing().then((days) => (byId("conversations-lead").textContent = say(days ? "history.lead-shared" : "history.lead")));
  rights.history().then((listed) => (byId("to-conversations").hidden = !listed));
  Promise.all([rights.feedback(), rights.has("owner")]).then(([kept, owns]) => (byId("to-feedback").hidden = !(kept && owns)));
  const prompts = new Prompts(service, sign, tab);
  rights.prompts().then((changes) => (byId("to-prompt").hidden = !changes));
  const opened = {
    ask: () => conversation.suggest(),
    documents: () => library.open(),
    conversations: () => Promise.all([history.load(), links.load()]),
    shared: () => showShared(linkIn(location.hash), service, sign),
    feedback: () => judgements.load(),
    prompt: () => prompts.load(),
  };

  const chosen = () => (linkIn(location.hash) ? "shared" : VIEWS.find((view) => location.hash === `#${view}`) ?? VIEWS[0]);
  const show = () => {
    byId("shared-view").hidden = chosen() !== "shared";
    for (const view of VIEWS) {
      byId(`${view}-view`).hidden = view !== chosen();
      byId(`to-${view}`).ariaCurrent = view === chosen() ? "page" : null;
    }
    opened[chosen()]?.();
  };
  addEventListener("hashchange", () => {
    show();
    byId(chosen() === "ask" ? "question" : `${chosen()}-heading`).focus();
  });
  conversation.restore();
  show();
  byId("question").focus(); // does nothing while the documents are shown
}

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
start();
