/** Milliseconds after which a silent kernel is spoken of. */
const PATIENCE = 20_000;

/** Show the end of an exercise in a notebook. */
function host({ model, el }) {
  const voice = make("p", { class: "sx-message", role: "status" });
  const body = make("div", { class: "sx-finish" });
  const title = make("h2", { class: "sm-title", id: uid("finish") });
  const tail = make("div", { class: "sx-tail" });
  const root = make("section", { class: "singmuk", "aria-labelledby": title.id }, body, voice, tail);
  const panel = { model, root, body, voice, tail, title, waiting: null, silent: false };
  keepKeys(root);
  keepShortcutsOut(root);
  el.append(root);
  showPanel(panel);

  const show = () => showPanel(panel);
  const heard = () => {
    clearTimeout(panel.timer);
    panel.waiting = null;
    panel.silent = false;
    show();
  };
  const file = (content) => content?.file && saveFile(content.file, content.text);
  for (const key of ["rows", "receipts", "obstacle", "language"]) model.on(`change:${key}`, show);
  model.on("change:message", heard);
  model.on("msg:custom", file);
  return () => {
    clearTimeout(panel.timer);
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
  const action = (doing, words, quiet) =>
    make("button", {
      type: "button", class: `sm-button${quiet ? " sm-quiet" : ""}`, "data-focus": doing,
      "aria-disabled": panel.waiting ? "true" : null, click: () => ask(panel, doing),
    }, say(panel.waiting === doing ? "finish.handing" : words, language));
  const obstacle = model.get("obstacle");
  const here = obstacle !== "none";
  // Where handing in has its way, the file is the other one.
  const other = here && (obstacle || (model.get("message") && !model.get("message").good));
  refill(
    body,
    make("header", { class: "sm-head" }, title, languageButtons(language, change)),
    progressPart(rows, language),
    openPart(rows, language, go),
    make("p", { class: "sm-hint" }, say(`finish.${!here ? "how" : obstacle ?? "after"}`, language)),
    make(
      "div",
      { class: "sm-buttons" },
      here && action("hand-in", "finish.hand-in"),
      (!here || other) && action("download", "finish.download", here),
    ),
  );
  refill(panel.tail, receiptsPart(model.get("receipts"), language));
  showMessage(panel, language);
}

function showMessage(panel, language) {
  const message = panel.waiting ? null : panel.model.get("message");
  const own = panel.waiting ? "finish.handing" : panel.silent && "finish.silent";
  const text = own ? say(own, language) : inLanguage(message?.words, language);
  panel.voice.classList.toggle("sx-good", Boolean(!own && message?.good));
  panel.voice.classList.toggle("sx-bad", Boolean(panel.silent || (!own && text && !message.good)));
  // Said again, the same words are heard again.
  if (panel.voice.textContent !== text) panel.voice.textContent = text;
}

/** Ask the kernel to hand in or to give the file; say so when it does not answer. */
function ask(panel, doing) {
  if (panel.waiting) return;
  panel.silent = false;
  panel.waiting = doing;
  clearTimeout(panel.timer);
  panel.timer = setTimeout(() => {
    panel.waiting = null;
    panel.silent = true;
    showPanel(panel);
  }, PATIENCE);
  panel.model.send({ do: doing });
  showPanel(panel);
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
