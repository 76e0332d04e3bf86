/** What stands around the items on the desk's page. */

/** Return a moment as the reader's clock has it. */
function clock(time, language) {
  return new Date(time).toLocaleString({ en: "en-HK", zh: "zh-HK" }[language], { dateStyle: "long", timeStyle: "short" });
}

function deskHero(page, language) {
  const closes = page.closes && clock(page.closes, language);
  const note = (words, values) => make("p", { class: "sm-note sx-notice" }, icon("note"), make("span", {}, say(words, language, values)));
  const first = page.items[0]?.item.id;
  const way = page.feedback
    ? { href: `${page.base}assignments/${page.assignment}/feedback`, words: "desk.read-feedback" }
    : !page.closed && first && { href: `#item-${first}`, words: "page.begin" };
  return [
    make("div", { class: "sm-head" }, make("p", { class: "sm-kind" }, say("desk.assignment", language))),
    markup("h1", {}, inLanguage(page.title, language)),
    markup("div", { class: "sm-prose sx-lead" }, inLanguage(page.introduction, language)),
    make(
      "ul",
      { class: "sx-facts" },
      make("li", {}, say(page.pass_mark.compare ? "page.compare" : "page.pass", language, { n: page.pass_mark.points, m: page.points })),
      !page.closed && make("li", {}, say("desk.where", language)),
      !page.closed && make("li", {}, say("desk.steps", language)),
      closes && !page.closed && make("li", {}, say("desk.closes", language, { time: closes })),
    ),
    // Closed before its time, it is simply closed.
    page.closed && note(closes && new Date(page.closes) <= new Date() ? "desk.closed" : "desk.closed-now", { time: closes }),
    page.carried && note("desk.carried"),
    way && make("p", {}, make("a", { class: "sm-button sx-begin", href: way.href, "data-focus": "begin" }, say(way.words, language))),
  ];
}

function deskEnd(page, rows, language) {
  const way = (row) => make("a", { href: `#item-${row.id}`, "data-focus": `go:${row.id}` }, `${row.n}. ${plain(row.title, language)}`);
  const whole = rows.every((row) => row.state === "whole");
  return [
    make("h2", { class: "sm-title", id: "finish-title" }, say("finish.heading", language)),
    progressPart(rows, language),
    openPart(rows, language, way),
    page.closed
      ? make("p", { class: "sm-note" }, icon("note"), make("span", {}, say("desk.closed-now", language)))
      : make("p", { class: "sm-hint" }, say(whole ? "desk.again" : "finish.after", language)),
    !page.closed && make(
      "div",
      { class: "sm-buttons" },
      make("button", {
        type: "button", class: "sm-button", "data-focus": "hand-in", "aria-disabled": page.handing ? "true" : null, click: () => handIn(page),
      }, say(page.handing ? "finish.handing" : "finish.hand-in", language)),
    ),
  ];
}

/** Bring to the page's state what is no part of it: the bar at the bottom, the items of a closed assignment. */
function deskShown(page, language) {
  const { trouble } = page;
  const n = page.queue.waiting().length;
  const words = trouble ? [n && say("desk.pending", language, { n }), say(trouble.why, language)] : [page.back && say("desk.back", language)];
  const text = words.filter(Boolean).join(language === "zh" ? "" : " ");
  page.bar.lang = LANGUAGES[language].tag;
  page.bar.classList.toggle("sd-trouble", Boolean(trouble));
  if (page.bar.getAttribute("data-text") !== text) {
    const inside = page.bar.contains(document.activeElement);
    page.bar.setAttribute("data-text", text);
    refill(page.bar, ...(text ? [icon(trouble ? "note" : "right"), make("p", {}, text), troubleAction(page, language)] : []));
    if (inside && !page.bar.contains(document.activeElement)) page.bar.focus();
    // What has the focus is scrolled to above the bar, however high that is.
    document.documentElement.style.scrollPaddingBottom = text ? `${page.bar.offsetHeight + 24}px` : "";
  }
  if (!page.closed) return;
  for (const field of page.list.querySelectorAll(".sm-main, .sm-confidence")) field.disabled = true;
  // A field that cannot be entered cannot be scrolled by keyboard either.
  for (const area of page.list.querySelectorAll("textarea")) {
    const lines = area.value.split("\n").map((line) => Math.ceil((line.length + 1) / 40));
    area.rows = Math.max(8, lines.reduce((sum, one) => sum + one, 0));
  }
}

/** Make the one thing that helps now. */
function troubleAction(page, language) {
  const { trouble } = page;
  if (!trouble) return null;
  const look = { class: "sm-button sm-quiet", "data-focus": "help" };
  if (trouble.login) {
    // The page itself leads to signing in, and back to itself.
    const click = () => {
      page.leaving = page.queue.works;
    };
    return make("a", { ...look, href: `${page.base}assignments/${page.assignment}`, click }, say("desk.sign-in", language));
  }
  const click = () => (trouble.reload ? reload(page) : send(page));
  return make("button", { type: "button", ...look, click }, say(trouble.reload ? "desk.reload" : "desk.try", language));
}
