/** What stands around the items on an exercise's page. */

function showAround(page) {
  const { language } = page;
  const rows = rowsOf(page);
  document.documentElement.lang = LANGUAGES[language].tag;
  document.title = plain(page.title, language);
  for (const part of [page.hero, page.contents, page.finish]) part.lang = LANGUAGES[language].tag;
  refill(page.hero, ...heroParts(page, language));
  refill(page.contents, ...contentsParts(page, rows, language));
  refill(page.end, ...endParts(page, rows, language));
  refill(page.tail, receiptsPart(page.shelf.read().receipts, language));
  page.items.forEach(({ points, number }, index) => {
    const worth = say(points === 1 ? "page.point" : "page.points", language, { n: points });
    number.lang = LANGUAGES[language].tag;
    number.textContent = `${say("page.number", language, { n: index + 1, m: rows.length })} · ${worth}`;
  });
  const text = inLanguage(page.message?.text, language);
  page.voice.classList.toggle("sx-good", Boolean(page.message?.good));
  page.voice.classList.toggle("sx-bad", Boolean(page.message && !page.message.good));
  if (page.voice.textContent !== text) page.voice.textContent = text;
}

function heroParts(page, language) {
  return [
    make(
      "div",
      { class: "sm-head" },
      make("p", { class: "sm-kind" }, say("page.exercise", language)),
      languageButtons(language, (code) => speak(page, code)),
    ),
    markup("h1", {}, inLanguage(page.title, language)),
    markup("div", { class: "sm-prose sx-lead" }, inLanguage(page.introduction, language)),
    make(
      "ul",
      { class: "sx-facts" },
      make("li", {}, say("page.pass", language, { n: page.pass_mark.points, m: page.points })),
      make("li", {}, say("page.where", language)),
      make("li", {}, say("page.steps", language)),
    ),
    !page.shelf.works && make("p", { class: "sm-note", role: "status" }, icon("note"), make("span", {}, say("page.unkept", language))),
    make("p", {}, make("a", { class: "sm-button sx-begin", href: `#item-${page.items[0].item.id}`, "data-focus": "begin" }, say("page.begin", language))),
  ];
}

function contentsParts(page, rows, language) {
  const links = rows.map((row, index) =>
    make(
      "li",
      { class: `sm-state-${row.state}` },
      make(
        "a",
        { href: `#item-${row.id}`, "data-focus": `to:${row.id}` },
        icon(STATE_ICONS[row.state]),
        make("span", {}, `${index + 1}. `, plain(row.title, language)),
        make("span", { class: "sm-unseen" }, ` (${say(`state.${row.state}`, language)})`),
      ),
    ));
  return [
    make("h2", { class: "sx-contents-title", id: "contents" }, say("page.contents", language)),
    progressPart(rows, language),
    make("ol", { class: "sx-links" }, ...links),
    make("p", {}, make("a", { class: "sx-end-link", href: "#finish", "data-focus": "to-finish" }, say("page.to-finish", language))),
  ];
}

function endParts(page, rows, language) {
  const way = (row) => make("a", { href: `#item-${row.id}`, "data-focus": `go:${row.id}` }, `${row.n}. ${plain(row.title, language)}`);
  const button = (name, words, look, click) =>
    make("button", { type: "button", class: `sm-button ${look}`, "data-focus": name, click }, say(words, language));
  return [
    make("h2", { class: "sm-title", id: "finish-title" }, say("finish.heading", language)),
    progressPart(rows, language),
    openPart(rows, language, way),
    make("p", {}, say("page.steps", language)),
    make("p", { class: "sm-hint" }, say("page.again", language)),
    make(
      "div",
      { class: "sm-buttons" },
      button("download", "finish.download", "", () => download(page)),
      button("clear", "page.clear", "sm-quiet", () => askToClear(page)),
    ),
  ];
}

function askToClear(page) {
  const { language } = page;
  const title = make("p", { class: "sm-label", id: uid("ask") }, say("page.ask", language));
  const button = (words, look, click) => make("button", { type: "button", class: `sm-button ${look}`, click }, say(words, language));
  const dialog = make(
    "dialog",
    { class: "sm-dialog", "aria-labelledby": title.id },
    title,
    make("p", {}, say("page.sure", language)),
    make(
      "div",
      { class: "sm-buttons" },
      button("page.cancel", "sm-quiet", () => dialog.close()),
      button("page.clear", "sm-danger", () => {
        dialog.close();
        const done = page.shelf.clear();
        page.unsaved = false;
        recall(page);
        tell(page, done ? "page.cleared" : "page.uncleared", {}, done);
      }),
    ),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    page.end.querySelector('[data-focus="clear"]')?.focus();
  });
  page.finish.append(dialog);
  dialog.showModal();
}

/** Show one item in its place. */
function placeItem(page, { item, points }) {
  const given = givenTo(page.shelf.read(), item.id);
  const number = make("p", { class: "sx-number" });
  const place = make("div", { class: "sx-item", id: `item-${item.id}`, tabindex: "-1" }, make("div", { class: "singmuk sm-bare" }, number));
  const entry = { item, points, number, place };
  entry.model = pageModel(
    {
      item, answer: null, level: 2, language: page.language, seed: page.seed, status: null, checked: false,
      response: given.response, first: given.first, confidence: given.confidence,
    },
    (model) => keepItem(page, item, model),
  );
  page.items.push(entry);
  page.list.append(place);
  render({ model: entry.model, el: place });
}

function hostExercise() {
  const given = JSON.parse(document.getElementById("singmuk-release").textContent);
  const shelf = openShelf(`singmuk-exercise:${given.assignment}:${given.release}`);
  const kept = shelf.read();
  const language = kept.language ?? (navigator.languages?.[0]?.toLowerCase().startsWith("zh") ? "zh" : "en");
  const seed = kept.seed ?? Math.random().toString(36).slice(2);
  const page = { ...given, shelf, language, seed, items: [], message: null, unsaved: false };
  page.hero = make("header", { class: "singmuk sm-bare sx-hero" });
  page.contents = make("nav", { class: "singmuk sm-bare sx-contents", "aria-labelledby": "contents" });
  page.list = make("main", { class: "sx-items" });
  page.end = make("div", { class: "sx-finish" });
  page.voice = make("p", { class: "sx-message", role: "status" });
  page.tail = make("div", { class: "sx-tail" });
  page.finish = make("section", { class: "singmuk sx-end", id: "finish", tabindex: "-1", "aria-labelledby": "finish-title" }, page.end, page.voice, page.tail);
  // The seed is kept at once, or a reload before the first answer would show another order.
  shelf.change((all) => {
    all.seed = seed;
  });
  document.body.prepend(make("div", { class: "sx-page" }, page.hero, page.contents, page.list));
  for (const place of given.items) placeItem(page, place);
  page.list.append(page.finish);
  showAround(page);
  window.addEventListener("storage", (event) => {
    if (event.key === null || event.key === shelf.key) recall(page);
  });
  window.addEventListener("beforeunload", (event) => {
    if (page.unsaved) event.preventDefault();
  });
  // The part that an address names is not there when the page is opened.
  const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted) wanted.scrollIntoView();
}

hostExercise();
