/** What stands around the items on an exercise's page. */

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
      make("li", {}, say(page.pass_mark.compare ? "page.compare" : "page.pass", language, { n: page.pass_mark.points, m: page.points })),
      make("li", {}, say("page.where", language)),
      make("li", {}, say("page.steps", language)),
    ),
    !page.shelf.works && make("p", { class: "sm-note", role: "status" }, icon("note"), make("span", {}, say("page.unkept", language))),
    make("p", {}, make("a", { class: "sm-button sx-begin", href: `#item-${page.items[0].item.id}`, "data-focus": "begin" }, say("page.begin", language))),
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

function hostExercise() {
  const given = JSON.parse(document.getElementById("singmuk-release").textContent);
  const shelf = openShelf(`singmuk-exercise:${given.assignment}:${given.release}`);
  const kept = shelf.read();
  const language = kept.language ?? (navigator.languages?.[0]?.toLowerCase().startsWith("zh") ? "zh" : "en");
  const seed = kept.seed ?? Math.random().toString(36).slice(2);
  const around = { hero: heroParts, end: endParts, keep: keepItem };
  const page = { ...given, shelf, language, seed, around, unsaved: false };
  // The seed is kept at once, or a reload before the first answer would show another order.
  shelf.change((all) => {
    all.seed = seed;
  });
  document.body.prepend(makeParts(page, make("main", { class: "sx-items" })));
  fillParts(page, given.items);
  window.addEventListener("storage", (event) => {
    if (event.key === null || event.key === shelf.key) recall(page);
  });
  window.addEventListener("beforeunload", (event) => {
    if (page.unsaved) event.preventDefault();
  });
}

hostExercise();
