/** What is stored of one scenario; nothing else leaves the model. */
const STORED = ["response", "confidence", "checked", "first"];

/** Return what is stored of *id*, cleaned: any shape may stand there by accident or by hand. */
function readEntry(all, id) {
  const entry = Object.hasOwn(all, id) && isMapping(all[id]) ? all[id] : {};
  return {
    response: entry.response ?? null,
    confidence: typeof entry.confidence === "number" ? asConfidence(entry.confidence) : null,
    checked: entry.checked === true,
    first: entry.first ?? null,
    share: typeof entry.share === "number" ? Math.min(1, Math.max(0, entry.share)) : null,
  };
}

/** Return the level of the heading that would follow *element* in the page. */
function levelAt(element) {
  const before = [...document.querySelectorAll("h1, h2, h3, h4")].filter(
    (heading) => heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING && !heading.closest(".singmuk"),
  );
  return before.length ? Number(before.at(-1).tagName[1]) + 1 : 2;
}

/** Show the scenario of one place on the page live, and keep what is answered. */
function hostScenario(place, page, store, note) {
  const { item, answer } = readJson(place.querySelector('script[type="application/json"]'), {});
  if (!item || !KINDS[item.kind]) return null;
  const save = (changed) => {
    const entry = Object.fromEntries(STORED.map((key) => [key, changed.get(key) ?? null]));
    entry.share = entry.checked && answer ? KINDS[item.kind].share(item, answer, entry.response) : null;
    note(store.write(item.id, { ...entry, day: today() }));
  };
  const { share, ...entry } = readEntry(store.read(), item.id);
  const model = plainModel(
    {
      ...entry, item, answer: answer ?? null, language: page.language, level: levelAt(place), status: null,
      // Everybody's page shows the same order: practice is talked over with the person at the next desk.
      seed: `${page.course}/${page.version}`,
    },
    save,
  );
  render({ model, el: place });
  for (const fallback of place.querySelectorAll(".singmuk-static")) fallback.remove();
  return { id: item.id, model };
}

/** Bring the live scenarios to what is stored, after another tab or the clearing changed it. */
function reload(hosted, store) {
  const all = store.read();
  for (const { id, model } of hosted) {
    const entry = readEntry(all, id);
    for (const key of STORED) model.set(key, entry[key]);
  }
}

/** Make the page of one's own progress; `show` brings it up to date. */
function hostProgress(place, page, store, cleared) {
  const { language } = page;
  const scenarios = Array.isArray(page.scenarios) ? page.scenarios : [];
  const voice = make("p", { role: "status", class: "sm-kept" });
  const total = make("p", { class: "sm-label", id: uid("total") });
  const bar = make("progress", { max: Math.max(1, scenarios.length), "aria-labelledby": total.id });
  const list = make("ul", { class: "sm-scenarios" });
  const clear = make("button", { type: "button", class: "sm-button sm-quiet", click: () => dialog.showModal() }, say("progress.clear", language));
  const dialog = clearDialog(language, () => {
    const done = store.clear();
    voice.textContent = say(done ? "progress.cleared" : "progress.uncleared", language);
    cleared();
    clear.focus();
  });
  const root = make(
    "section",
    { class: "singmuk sm-progress", lang: LANGUAGES[language].tag, "aria-label": say("progress.heading", language) },
    total, bar, list,
    make("p", { class: "sm-hint" }, say("progress.where", language)),
    make("div", { class: "sm-buttons" }, clear),
    voice, dialog,
  );
  for (const fallback of place.querySelectorAll(".singmuk-static")) fallback.remove();
  place.append(root);

  return function show() {
    const all = store.read();
    const entries = scenarios.map((scenario) => ({ scenario, entry: readEntry(all, scenario.id) }));
    const done = entries.filter(({ entry }) => entry.checked).length;
    total.textContent = say("progress.total", language, { n: done, m: scenarios.length });
    bar.value = done;
    list.replaceChildren(...entries.map(({ scenario, entry }) => progressRow(scenario, entry, language)));
  };
}

function progressRow(scenario, entry, language) {
  const state = entry.checked ? (entry.share === null ? "checked" : "share") : entry.response === null ? "blank" : "answered";
  const words = say(`progress.${state}`, language, { n: Math.round((entry.share ?? 0) * 100) });
  const whole = entry.checked && (entry.share ?? 1) === 1;
  const look = state === "blank" ? "plain" : whole ? "right" : "partly";
  return make(
    "li",
    { class: `sm-state-${state}` },
    icon(look),
    make(
      "div",
      {},
      markup("a", { href: scenario.href }, inLanguage(scenario.title, language)),
      markup("span", { class: "sm-aside" }, inLanguage(scenario.module, language)),
    ),
    make("span", { class: "sm-state" }, words),
  );
}

function clearDialog(language, clear) {
  const title = make("p", { class: "sm-label", id: uid("ask") }, say("progress.ask", language));
  const close = (act) => () => {
    dialog.close();
    act?.();
  };
  const dialog = make(
    "dialog",
    { class: "sm-dialog", "aria-labelledby": title.id },
    title,
    make("p", {}, say("progress.sure", language)),
    make(
      "div",
      { class: "sm-buttons" },
      make("button", { type: "button", class: "sm-button sm-quiet", autofocus: true, click: close() }, say("progress.cancel", language)),
      make("button", { type: "button", class: "sm-button sm-danger", click: close(clear) }, say("progress.clear", language)),
    ),
  );
  return dialog;
}

/** Make the page live: every scenario on it, and the progress if there is a place for it. */
function hostPage() {
  const given = readJson(document.getElementById("singmuk-page"), {});
  const page = { course: "course", version: "0", ...given, language: LANGUAGES[given.language] ? given.language : "en" };
  const store = openStore(`singmuk:${page.course}:${page.version}`);
  const shows = [];
  const hosted = [];
  let told = false;
  const note = (works) => {
    for (const show of shows) show();
    if (works || told) return;
    told = true;
    const words = make("p", { class: "sm-note", role: "status" }, icon("note"), make("span", {}, say("host.unkept", page.language)));
    const first = document.querySelector("div.singmuk-scenario");
    first?.before(make("div", { class: "singmuk sm-bare", lang: LANGUAGES[page.language].tag }, words));
  };
  for (const place of document.querySelectorAll("div.singmuk-scenario[data-id]")) {
    try {
      hosted.push(hostScenario(place, page, store, note));
    } catch (fault) {
      // One broken scenario keeps its plain text; the others are still worth showing.
      console.error(fault);
    }
  }
  const live = hosted.filter(Boolean);
  const cleared = () => {
    reload(live, store);
    for (const show of shows) show();
  };
  for (const place of document.querySelectorAll("div.singmuk-progress")) {
    shows.push(hostProgress(place, page, store, cleared));
  }
  for (const show of shows) show();
  noteRead(page);
  window.addEventListener("storage", (event) => {
    if (event.key === null || event.key === store.key) cleared();
  });
}

// The page's data stands behind its last scenario: once it is there, nothing else has to be waited for.
if (document.readyState !== "loading" || document.getElementById("singmuk-page")) hostPage();
else document.addEventListener("DOMContentLoaded", hostPage);
