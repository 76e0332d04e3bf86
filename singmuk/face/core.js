/** What a model may tell, and what the face does about it; anything else means: show anew. */
const HEARD = {
  response: showResponse,
  confidence: showConfidence,
  checked: showChecked,
  status: showStatus,
  item: showAll,
  answer: showAll,
  language: showAll,
  seed: showAll,
};

/**
 * Show one scenario in *el*. Needs of the model only get, set, on, off and save_changes (anywidget's contract).
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const body = make("div", { class: "sm-body" });
  // Both regions exist before they have anything to say, or screen readers miss the first words.
  const voice = make("div", { role: "status", class: "sm-unseen" });
  const kept = make("p", { role: "status", class: "sm-kept" });
  const root = make("article", { class: "singmuk" }, body, voice, kept);
  const face = { model, root, body, voice, kept, draft: {}, typing: null };
  keepKeys(root);
  el.append(root);
  showAll(face);

  const listeners = Object.entries(HEARD).map(([key, show]) => [`change:${key}`, () => show(face)]);
  for (const [event, listener] of listeners) model.on(event, listener);
  // A closed tab sends no blur.
  const leave = () => keepTyping(face);
  window.addEventListener("pagehide", leave);
  root.addEventListener("focusout", leave);
  return () => {
    leave();
    window.removeEventListener("pagehide", leave);
    for (const [event, listener] of listeners) model.off(event, listener);
    root.remove();
  };
}

/** Keep the keys pressed in here from JupyterLab and the book's theme, whose shortcuts would swallow arrows and letters. */
function keepKeys(root) {
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
  });
}

function languageOf(face) {
  return LANGUAGES[face.model.get("language")] ? face.model.get("language") : "en";
}

/** Build everything from the model; the focus stays where it was, if that is still there. */
function showAll(face) {
  const active = face.root.getRootNode().activeElement;
  const focused = face.root.contains(active) ? active.getAttribute("data-focus") : null;
  const language = languageOf(face);
  face.kind = KINDS[face.model.get("item")?.kind];
  const item = (face.item = arranged(face));
  face.watchers = [];
  face.root.lang = LANGUAGES[language].tag;
  face.body.replaceChildren(...(face.kind ? bodyParts(face, item, language) : [make("p", {}, say("unknown", language))]));
  if (face.kind) {
    showConfidence(face);
    showChecked(face);
  }
  showStatus(face);
  if (focused) [...face.root.querySelectorAll("[data-focus]")].find((one) => one.getAttribute("data-focus") === focused)?.focus();
}

/** Return the item with its lists in the order of this participant: by the seed, the same at each visit. */
function arranged(face) {
  const item = face.model.get("item");
  const shuffle = (list, salt = "") => shuffled(list, `${face.model.get("seed") ?? ""}/${item.id}/${salt}`);
  return face.kind?.arrange ? face.kind.arrange(item, shuffle) : item;
}

function bodyParts(face, item, language) {
  const answer = face.model.get("answer") ?? null;
  const level = Math.min(5, face.model.get("level") ?? 3);
  const title = markup(`h${level}`, { class: "sm-title", id: uid("title") }, inLanguage(item.title, language));
  face.root.setAttribute("aria-labelledby", title.id);
  face.options = { language, level: level + 1 };
  face.problem = make("p", { class: "sm-problem", hidden: true });
  face.work = workPart(face, item, language);
  face.feedback = make("div", { class: "sm-feedback" });
  face.buttons = answer && make(
    "div",
    { class: "sm-buttons" },
    make("button", { type: "button", class: "sm-button", "data-focus": "check", click: () => check(face) }, say("check", language)),
  );
  return [
    make(
      "header",
      { class: "sm-head" },
      make("p", { class: "sm-kind" }, say(`${item.kind}.name`, language)),
      languageSwitch(face, language),
      title,
    ),
    reviewNote(item, language),
    markup("div", { class: "sm-stem sm-prose" }, inLanguage(item.stem, language)),
    exhibits(item, language),
    face.work,
    face.problem,
    face.buttons,
    face.feedback,
    answer && printPart(face.kind, item, answer, face.options),
  ].filter(Boolean);
}

function languageSwitch(face, language) {
  const buttons = Object.entries(LANGUAGES).map(([code, { tag, name }]) =>
    make("button", {
      type: "button", lang: tag, "aria-pressed": String(code === language), "data-focus": `language:${code}`,
      click: () => keep(face, { language: code }),
    }, name));
  return make("div", { class: "sm-languages", role: "group", "aria-label": say("language", language) }, ...buttons);
}

function reviewNote(item, language) {
  if (!item.review_by || today() <= item.review_by) return null;
  const locale = { en: "en-HK", zh: "zh-HK" }[language];
  const date = new Date(`${item.review_by}T12:00`).toLocaleDateString(locale, { dateStyle: "long" });
  return make("p", { class: "sm-note" }, icon("note"), make("span", {}, say("review", language, { date })));
}

/** Make the controls of the kind and the question of sureness. */
function workPart(face, item, language) {
  const legend = make(
    "legend",
    {},
    say(`${item.kind}.legend`, language),
    make("span", { class: "sm-unseen" }, `: ${plain(item.title, language)}`),
  );
  face.work = make("div", { class: "sm-work" }, make("fieldset", { class: "sm-main" }, legend, face.kind.controls(contextOf(face))));
  face.sure = null;
  if (item.confidence) {
    face.sure = confidenceControl({
      language,
      change: (confidence) => keep(face, { confidence }),
      announce: (words) => announce(face, words),
    });
    face.work.append(face.sure.element);
  }
  return face.work;
}

/** @returns {Context} */
function contextOf(face) {
  const { item } = face;
  const language = languageOf(face);
  return {
    item,
    language,
    draft: face.draft,
    say: (path, values) => say(`${item.kind}.${path}`, language, values),
    change: (response) => {
      face.typing = null;
      keep(face, { response });
    },
    later: (response) => keepLater(face, response),
    watch: (show) => face.watchers.push(show),
    announce: (words) => announce(face, words),
    check: () => check(face),
  };
}

/** Put values in the model and send them on; what is already there is not sent again. */
function keep(face, values) {
  const news = Object.entries(values).filter(
    ([key, value]) => JSON.stringify(face.model.get(key) ?? null) !== JSON.stringify(value),
  );
  for (const [key, value] of news) face.model.set(key, value);
  if (news.length) face.model.save_changes();
}

/** Wait for a pause in typing, for each change may travel to a server and a disk. */
function keepLater(face, response) {
  clearTimeout(face.timer);
  face.typing = { response };
  face.timer = setTimeout(() => keepTyping(face), 400);
}

function keepTyping(face) {
  clearTimeout(face.timer);
  if (!face.typing) return;
  const { response } = face.typing;
  face.typing = null;
  keep(face, { response });
}

function announce(face, words) {
  // The same words twice would not be a change, and nobody would hear them.
  face.voice.textContent = face.voice.textContent === words ? `${words}\u00a0` : words;
}

function showStatus(face) {
  const status = face.model.get("status");
  const language = languageOf(face);
  const known = typeof status === "string" && wordAt(`status.${status}`);
  face.kept.textContent = known ? say(`status.${status}`, language) : inLanguage(status, language);
}

function showConfidence(face) {
  face.sure?.show(face.model.get("confidence") ?? null);
}

function showResponse(face) {
  if (!face.kind || face.typing) return;
  if (isChecked(face)) showChecked(face);
  else for (const show of face.watchers) show(face.model.get("response") ?? null, false);
  showReady(face);
}

/** Fill the check button once there is something to check; before, it works as well and says what is open. */
function showReady(face) {
  face.problem.hidden = true;
  const ready = face.kind.complete(face.item, face.model.get("response") ?? null);
  face.buttons?.firstChild.classList.toggle("sm-quiet", !ready);
}

function isChecked(face) {
  return Boolean(face.model.get("checked") && face.model.get("answer"));
}

/** Show the controls or the feedback, as the model says; the focus is moved only by who pressed a button. */
function showChecked(face) {
  if (!face.kind) return;
  const locked = isChecked(face);
  const response = face.model.get("response") ?? null;
  for (const show of face.watchers) show(response, locked);
  face.root.classList.toggle("sm-checked", locked);
  face.work.hidden = locked && !face.kind.stays;
  if (face.sure) face.sure.element.hidden = locked;
  if (face.buttons) face.buttons.hidden = locked;
  showReady(face);
  face.feedback.replaceChildren(...(locked ? feedbackParts(face, response) : []));
}

function feedbackParts(face, response) {
  const { item } = face;
  const answer = face.model.get("answer");
  const { language } = face.options;
  const result = resultOf(face.kind, item, answer, response, language);
  return [
    resultPart({ result, item, confidence: face.model.get("confidence"), ...face.options }),
    modelPart(face.kind, item, answer, language),
    face.kind.after?.(contextOf(face)),
    feedbackPart(result.lines, face.options),
    make(
      "div",
      { class: "sm-buttons" },
      make("button", { type: "button", class: "sm-button sm-quiet", "data-focus": "retry", click: () => retry(face) }, say("retry", language)),
    ),
  ].filter(Boolean);
}

/** Show the feedback, or say what is still open and go there. */
function check(face) {
  const answer = face.model.get("answer");
  if (!answer || isChecked(face)) return;
  keepTyping(face);
  const { item } = face;
  const response = face.model.get("response") ?? null;
  if (!face.kind.complete(item, response)) {
    sayWhatIsOpen(face, item);
    return;
  }
  const first = face.model.get("first") ?? null;
  keep(face, { first: first === null ? response : first, checked: true });
  // Some hosts tell of a change only later; the heading is needed now.
  if (!face.feedback.firstChild) showChecked(face);
  const verdict = face.feedback.querySelector(".sm-verdict");
  verdict?.focus();
  announce(face, verdict?.textContent ?? "");
}

function sayWhatIsOpen(face, item) {
  const open = [...face.work.querySelectorAll("[data-row]")].filter((row) => !row.querySelector(":checked"));
  const place = open[0] ?? face.work;
  face.problem.textContent = say(`${item.kind}.open`, face.options.language, { n: open.length, ...item.words });
  face.problem.hidden = false;
  announce(face, face.problem.textContent);
  place.querySelector("input, textarea, select, button")?.focus();
}

function retry(face) {
  const response = face.kind.blank(face.model.get("item"), face.model.get("response"));
  face.draft = {};
  keep(face, { checked: false, response, confidence: null });
  showAll(face);
  face.work.querySelector("input, textarea, select, button")?.focus();
  announce(face, say("again", face.options.language));
}
