/** Milliseconds after which a silent kernel is spoken of. */
const PATIENCE = 20_000;

/** Show the end of an exercise in a notebook. */
function host({ model, el }) {
  const voice = make("p", { class: "sx-message", role: "status" });
  const body = make("div", { class: "sx-finish" });
  const title = make("h2", { class: "sm-title", id: uid("finish") });
  const root = make("section", { class: "singmuk", "aria-labelledby": title.id }, body, voice);
  const panel = { model, root, body, voice, title, waiting: null };
  keepKeys(root);
  el.append(root);
  showPanel(panel);

  const show = () => showPanel(panel);
  const heard = () => {
    clearTimeout(panel.waiting);
    panel.waiting = null;
    show();
  };
  const file = (content) => content?.file && saveFile(content.file, content.text);
  for (const key of ["rows", "receipts", "obstacle", "language"]) model.on(`change:${key}`, show);
  model.on("change:message", heard);
  model.on("msg:custom", file);
  return () => {
    clearTimeout(panel.waiting);
    for (const key of ["rows", "receipts", "obstacle", "language"]) model.off(`change:${key}`, show);
    model.off("change:message", heard);
    model.off("msg:custom", file);
    root.remove();
  };
}

function showPanel(panel) {
  const { model, root, body, title } = panel;
  const language = LANGUAGES[model.get("language")] ? model.get("language") : "en";
  const rows = model.get("rows");
  const here = model.get("obstacle") !== "none";
  root.lang = LANGUAGES[language].tag;
  title.textContent = say("finish.heading", language);
  const change = (code) => {
    model.set("language", code);
    model.save_changes();
  };
  const go = (row) =>
    make("button", {
      type: "button", class: "sx-go", "data-focus": `go:${row.id}`, click: () => goTo(panel, row, language),
      "aria-label": say("finish.go", language, { n: row.n, title: plain(row.title, language) }),
    }, `${row.n}. ${plain(row.title, language)}`);
  const button = make("button", {
    type: "button", class: "sm-button", "data-focus": "hand-in", "aria-disabled": panel.waiting ? "true" : null,
    click: () => handIn(panel, language),
  }, say(panel.waiting ? "finish.handing" : here ? "finish.hand-in" : "finish.download", language));
  refill(
    body,
    make("header", { class: "sm-head" }, title, languageButtons(language, change)),
    progressPart(rows, language),
    openPart(rows, language, go),
    make("p", { class: "sm-hint" }, say(here ? "finish.after" : "finish.how", language)),
    make("div", { class: "sm-buttons" }, button),
    receiptsPart(model.get("receipts"), language),
  );
  showMessage(panel, language);
}

function showMessage(panel, language) {
  const message = panel.model.get("message");
  const text = panel.silent ? say("finish.silent", language) : inLanguage(message?.words, language);
  panel.voice.classList.toggle("sx-good", Boolean(message?.good && !panel.silent));
  panel.voice.classList.toggle("sx-bad", Boolean(text && (panel.silent || !message?.good)));
  if (panel.voice.textContent !== text) panel.voice.textContent = text;
}

/** Ask the kernel to hand in; say so when it does not answer. */
function handIn(panel, language) {
  if (panel.waiting) return;
  panel.silent = false;
  panel.voice.textContent = "";
  panel.waiting = setTimeout(() => {
    panel.waiting = null;
    panel.silent = true;
    showPanel(panel);
  }, PATIENCE);
  panel.model.send({ do: "hand-in" });
  showPanel(panel);
  panel.voice.classList.remove("sx-good", "sx-bad");
  panel.voice.textContent = say("finish.handing", language);
}

/** Bring an item into view, with the focus on its title. */
function goTo(panel, row, language) {
  const places = [...document.querySelectorAll("[data-singmuk-item]")];
  const title = places.find((place) => place.getAttribute("data-singmuk-item") === row.id)?.querySelector(".sm-title");
  if (!title) {
    panel.voice.textContent = say("finish.not-here", language, { n: row.n });
    return;
  }
  title.tabIndex = -1;
  title.scrollIntoView({ block: "start" });
  title.focus();
}
