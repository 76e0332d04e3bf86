/** The assignment on the desk: each answer is saved on the desk at once, and says so when it is. */

/** Return what stands on the page: what the desk keeps, and over it what is still on its way. */
function openDeskShelf(page) {
  return {
    works: true,
    read() {
      const waiting = Object.fromEntries(
        Object.entries(page.queue.all()).map(([item, entry]) => [
          item, { ...page.given[item], ...entry, response: entry.held ?? entry.response },
        ]),
      );
      return { given: { ...page.given, ...waiting }, receipts: page.receipts };
    },
  };
}

/** Take a change of one item: into the queue, then on its way. */
function keepOnDesk(page, item, model) {
  if (model.get("language") !== page.language) {
    speakOnDesk(page, model.get("language"), `item-${item.id}`);
    return;
  }
  const response = typeof model.get("response") === "string" ? plainText(model.get("response")) : model.get("response") ?? null;
  const confidence = model.get("confidence") ?? null;
  if (page.closed) {
    closeDesk(page, item.id);
    return;
  }
  if (typeof response === "string" && [...response].length > page.longest) {
    model.set("status", bothSay("status.long", { n: page.longest.toLocaleString("en") }));
    return;
  }
  const whole = fileable(item, response);
  const entry = { response: whole, confidence, day: today(), mark: Math.random().toString(36).slice(2) };
  if (whole === null && response !== null) {
    // A story without an ending is no response; its way so far stays in this browser.
    entry.held = response;
    entry.sent = (page.given[item.id]?.response ?? null) === null;
  }
  // With other answers the next press is another hand-in.
  Object.assign(page, { token: null, back: false });
  page.queue.put(item.id, entry);
  model.set("status", entry.held === undefined ? bothSay("desk.saving") : "unfinished");
  send(page);
  showAround(page);
}

/** Show everything in *language*; the words around the items come with a reload, which leads back to *place*. */
async function speakOnDesk(page, language, place) {
  try {
    await fetch(`${page.base}language?to=${language}&next=${page.base}my`, { redirect: "manual", cache: "no-store" });
  } catch {
    // Not reached: what the page can say by itself, it says in the other language.
    page.language = language;
    for (const { model } of page.items) model.set("language", language);
    return showAround(page);
  }
  if (place) history.replaceState(null, "", `#${place}`);
  return reload(page);
}

/** Open the page anew; what is on its way is kept in this browser, so that nobody need be warned. */
function reload(page) {
  page.leaving = page.queue.works;
  location.reload();
}

/** Show what was saved and that nothing more is taken; *item* is the one that somebody has just changed. */
function closeDesk(page, item) {
  page.closed = true;
  bring(page, item);
  modelOf(page, item)?.set("status", bothSay("desk.not-taken"));
  showAround(page);
}

/** Bring the item *id* to what stands on the desk or in the queue. */
function bring(page, id) {
  const given = givenTo(page.shelf.read(), id);
  const model = modelOf(page, id);
  for (const key of ["response", "first", "confidence"]) model?.set(key, given[key]);
}

/** Bring items that have no change on its way to what the desk keeps: another page or device may have changed them. */
async function catchUp(page) {
  const answer = await ask(page, "GET", "responses");
  const wrong = answer && answer.status !== 200 ? troubleOf(page, answer) : null;
  const changed = answer?.status === 200 && answer.said.release !== page.release;
  if (changed || (wrong && !wrong.again)) {
    page.trouble = wrong ?? troubleOf(page, { said: { error: "release" } });
    return showAround(page);
  }
  if (answer?.status !== 200) return undefined;
  const { said } = answer;
  for (const { item, model } of page.items) {
    const fresh = said.given[item.id];
    const here = page.queue.all()[item.id];
    // What the person is changing here and now goes before what came from elsewhere; a story begun here does not.
    if (!fresh || (here && !here.sent) || fresh.revision === page.given[item.id]?.revision) continue;
    if (fresh.response !== null) page.queue.drop(item.id);
    page.given[item.id] = fresh;
    bring(page, item.id);
    model.set("status", bothSay("desk.elsewhere"));
  }
  if (page.trouble && !page.trouble.again && !page.queue.waiting().length) page.trouble = null;
  Object.assign(page, { revision: said.revision, receipts: linked(page, said.receipts), closed: said.closed, feedback: said.feedback });
  return showAround(page);
}

/** Another tab has put something on its way, or the desk has confirmed it. */
function heard(page) {
  for (const [item, entry] of page.queue.waiting()) {
    if (entry.mark !== page.queue.memory[item]?.mark) bring(page, item);
  }
  catchUp(page);
}

/** Return *receipts* with the address of each one's page. */
function linked(page, receipts) {
  return receipts.map((one) => ({ ...one, href: `${page.base}assignments/${page.assignment}/receipts/${one.number}` }));
}

/** Hand in what the desk keeps, once everything is there; one press is one hand-in, however often it is sent. */
async function handIn(page) {
  if (page.handing) return undefined;
  page.handing = true;
  showAround(page);
  await send(page);
  const answer = page.queue.waiting().length ? undefined : await sendHandIn(page);
  page.handing = false;
  if (answer === undefined) return tell(page, "desk.waiting");
  const error = answer?.said.error;
  if (answer?.status === 200) {
    page.token = null;
    page.receipts = linked(page, answer.said.receipts);
    const { answered, of } = answer.said.receipt;
    return tell(page, "finish.handed", { n: answered, m: of }, true);
  }
  if (error === "closed") page.closed = true;
  const known = { nothing: "finish.nothing", closed: "desk.too-late", full: "desk.not-full", large: "desk.not-large", refused: "desk.not-fit" };
  if (known[error]) return tell(page, known[error]);
  const trouble = troubleOf(page, answer);
  if (trouble.again) return tell(page, error === "busy" || error === "fast" ? "desk.not-busy" : "desk.unreached");
  page.trouble = trouble;
  return tell(page, "desk.not-now");
}

function sendHandIn(page) {
  page.token ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return ask(page, "POST", "hand-in", { release: page.release, token: page.token, language: page.language });
}

function hostDesk() {
  const given = JSON.parse(document.getElementById("singmuk-release").textContent);
  const around = { hero: deskHero, end: deskEnd, keep: keepOnDesk, shown: deskShown };
  const page = { ...given, around, flight: null, handing: false, tries: -1, trouble: null, token: null, back: false, leaving: false };
  page.queue = openQueue(page);
  page.queue.adopt(given.items.map(({ item }) => item.id));
  page.shelf = openDeskShelf(page);
  page.receipts = linked(page, given.receipts);
  page.bar = make("div", { class: "singmuk sm-bare sd-save", role: "status", tabindex: "-1" });
  const place = document.getElementById("exercise");
  place.replaceChildren(makeParts(page, make("div", { class: "sx-items" })), page.bar);
  fillParts(page, given.items);
  const catching = async () => {
    await send(page);
    catchUp(page);
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && catching());
  for (const event of ["online", "focus"]) window.addEventListener(event, catching);
  // From the browser's memory of pages one comes back to, this one may be old.
  window.addEventListener("pageshow", (event) => event.persisted && catching());
  window.addEventListener("storage", (event) => (event.key === null || event.key === page.queue.key) && heard(page));
  window.addEventListener("beforeunload", (event) => {
    if (!page.leaving && page.queue.waiting().length) event.preventDefault();
  });
  document.querySelector(".sd-language")?.addEventListener("click", (event) => {
    event.preventDefault();
    speakOnDesk(page, page.language === "zh" ? "en" : "zh", null);
  });
  send(page);
}

hostDesk();
