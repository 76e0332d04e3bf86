/** The assignment on the desk: each answer is saved on the desk at once, and says so when it is. */

/** Return what stands on the page: what the desk keeps, and over it what is still on its way. */
function openDeskShelf(page) {
  return {
    works: true,
    read() {
      const waiting = Object.fromEntries(
        Object.entries(page.queue.all()).filter(([, entry]) => isMapping(entry))
          .map(([item, entry]) => [item, { ...page.given[item], ...entry, response: entry.held ?? entry.response }]),
      );
      return { given: { ...page.given, ...waiting }, receipts: page.receipts };
    },
  };
}

/** Take a change of one item: into the queue, then on its way. */
function keepOnDesk(page, item, model) {
  if (model.get("language") !== page.language) {
    // The whole page speaks one language; what is on its way is kept in this browser meanwhile.
    const next = encodeURIComponent(`${page.base}assignments/${page.assignment}`);
    location.assign(`${page.base}language?to=${model.get("language")}&next=${next}`);
    return;
  }
  const response = typeof model.get("response") === "string" ? plainText(model.get("response")) : model.get("response") ?? null;
  const confidence = model.get("confidence") ?? null;
  if (page.closed) {
    model.set("status", bothSay("desk.not-taken"));
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
  page.queue.put(item.id, entry);
  model.set("status", entry.held === undefined ? bothSay("desk.saving") : "unfinished");
  send(page);
  showAround(page);
}

/** Bring items that have no change on its way to what the desk keeps: another page or device may have changed them. */
async function catchUp(page) {
  const answer = await ask(page, "GET", "responses");
  if (!answer || answer.status !== 200) return;
  const { said } = answer;
  if (said.release !== page.release) {
    page.trouble = { again: false, words: "desk.changed", reload: true };
    return showAround(page);
  }
  const waiting = page.queue.all();
  for (const { item, model } of page.items) {
    // What the person is changing here and now goes before what came from elsewhere.
    const fresh = said.given[item.id];
    if (!fresh || waiting[item.id] || fresh.revision === page.given[item.id]?.revision) continue;
    page.given[item.id] = fresh;
    for (const key of ["response", "first", "confidence"]) model.set(key, fresh[key] ?? null);
    model.set("status", bothSay("desk.elsewhere"));
  }
  Object.assign(page, { revision: said.revision, receipts: linked(page, said.receipts), closed: said.closed, feedback: said.feedback });
  return showAround(page);
}

/** Return *receipts* with the address of each one's page. */
function linked(page, receipts) {
  return receipts.map((one) => ({ ...one, href: `${page.base}assignments/${page.assignment}/receipts/${one.number}` }));
}

/** Hand in what the desk keeps, once everything is there; one press is one hand-in, however often it is sent. */
async function handIn(page) {
  if (page.handing) return;
  await send(page);
  if (page.queue.waiting().length) return tell(page, "desk.waiting");
  page.handing = true;
  page.token ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  showAround(page);
  const answer = await ask(page, "POST", "hand-in", { release: page.release, token: page.token, language: page.language });
  page.handing = false;
  const error = answer?.said.error;
  if (answer?.status === 200) {
    page.token = null;
    page.receipts = linked(page, answer.said.receipts);
    const { answered, of } = answer.said.receipt;
    return tell(page, "finish.handed", { n: answered, m: of }, true);
  }
  if (error === "nothing") return tell(page, "finish.nothing");
  if (error === "closed") {
    page.closed = true;
    return tell(page, "desk.not-taken");
  }
  if (error === "full") return tell(page, "desk.full");
  if (answer?.status === 401) {
    page.login = answer.said.login ?? null;
    return tell(page, "desk.signed-out");
  }
  return tell(page, error === "release" || error === "xsrf" ? "desk.changed" : "desk.unreached");
}

/** Return a moment as the reader's clock has it. */
function clock(time, language) {
  return new Date(time).toLocaleString({ en: "en-HK", zh: "zh-HK" }[language], { dateStyle: "long", timeStyle: "short" });
}

function deskHero(page, language) {
  const closes = page.closes && clock(page.closes, language);
  const note = (words, values) =>
    make("p", { class: "sm-note sx-notice", role: "status" }, icon("note"), make("span", {}, say(words, language, values)));
  return [
    make("div", { class: "sm-head" }, make("p", { class: "sm-kind" }, say("page.exercise", language))),
    markup("h1", {}, inLanguage(page.title, language)),
    markup("div", { class: "sm-prose sx-lead" }, inLanguage(page.introduction, language)),
    make(
      "ul",
      { class: "sx-facts" },
      make("li", {}, say("page.pass", language, { n: page.pass_mark.points, m: page.points })),
      make("li", {}, say("desk.where", language)),
      make("li", {}, say("desk.steps", language)),
      closes && !page.closed && make("li", {}, say("desk.closes", language, { time: closes })),
    ),
    page.closed && note("desk.closed", { time: closes }),
    page.carried && note("desk.carried"),
    page.feedback && make("p", {}, make("a", { class: "sm-button sx-begin", href: `${page.base}assignments/${page.assignment}/feedback`, "data-focus": "feedback" }, say("desk.read-feedback", language))),
    !page.feedback && !page.closed && make("p", {}, make("a", { class: "sm-button sx-begin", href: `#item-${page.items[0]?.item.id ?? ""}`, "data-focus": "begin" }, say("page.begin", language))),
  ];
}

function deskEnd(page, rows, language) {
  const way = (row) => make("a", { href: `#item-${row.id}`, "data-focus": `go:${row.id}` }, `${row.n}. ${plain(row.title, language)}`);
  const { trouble } = page;
  return [
    make("h2", { class: "sm-title", id: "finish-title" }, say("finish.heading", language)),
    progressPart(rows, language),
    openPart(rows, language, way),
    trouble && make("p", { class: "sm-note" }, icon("note"), make("span", {}, say(trouble.words, language))),
    page.login && make("p", {}, make("a", { class: "sm-button sm-quiet", href: page.login, "data-focus": "login" }, say("desk.sign-in", language))),
    trouble?.reload && make("p", {}, make("button", { type: "button", class: "sm-button sm-quiet", "data-focus": "reload", click: () => location.reload() }, say("desk.reload", language))),
    !page.closed && make("p", { class: "sm-hint" }, say("finish.after", language)),
    !page.closed && make(
      "div",
      { class: "sm-buttons" },
      make("button", {
        type: "button", class: "sm-button", "data-focus": "hand-in", "aria-disabled": page.handing ? "true" : null, click: () => handIn(page),
      }, say(page.handing ? "finish.handing" : "finish.hand-in", language)),
    ),
  ];
}

function hostDesk() {
  const given = JSON.parse(document.getElementById("singmuk-release").textContent);
  const around = { hero: deskHero, end: deskEnd, keep: keepOnDesk };
  const page = { ...given, around, flight: null, handing: false, tries: -1, trouble: null, token: null, login: null };
  page.queue = openQueue(page);
  page.shelf = openDeskShelf(page);
  page.receipts = linked(page, given.receipts);
  const place = document.getElementById("exercise");
  place.replaceChildren(makeParts(page, make("div", { class: "sx-items" })));
  fillParts(page, given.items);
  const catching = () => {
    send(page);
    catchUp(page);
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && catching());
  for (const event of ["online", "focus"]) window.addEventListener(event, catching);
  window.addEventListener("storage", (event) => event.key === page.queue.key && catchUp(page));
  window.addEventListener("beforeunload", (event) => {
    if (page.queue.waiting().length) event.preventDefault();
  });
  send(page);
}

hostDesk();
