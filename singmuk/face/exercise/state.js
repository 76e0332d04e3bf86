/** What a page with an exercise is made of, wherever answers are kept: `page.shelf.read().given` holds them. */

/** Return what is kept of the item *id*. */
function givenTo(all, id) {
  const entry = Object.hasOwn(all.given, id) && isMapping(all.given[id]) ? all.given[id] : {};
  return {
    response: entry.response ?? null,
    first: entry.first ?? null,
    confidence: typeof entry.confidence === "number" ? asConfidence(entry.confidence) : null,
    day: /^\d{4}-\d\d-\d\d$/.test(entry.day) ? entry.day : today(),
  };
}

/** Return how far the response to *item* has come. */
function stateOf(item, response) {
  if (response === null) return "blank";
  return KINDS[item.kind].complete(item, response) ? "whole" : "begun";
}

/** Return the response as the file takes it: a story without an ending is none yet, and text is text. */
function fileable(item, response) {
  if (item.kind === "branch" && stateOf(item, response) !== "whole") return null;
  return typeof response === "string" ? plainText(response) : response;
}

function plainText(text) {
  // NUL and halves of surrogate pairs are no text; no database takes them.
  return text.replace(/\0/g, "").replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, "").replace(/(?<![\ud800-\udbff])[\udc00-\udfff]/g, "");
}

/** Return *value* with its names in order, so that the same answers make the same file. */
function inOrder(value) {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, inOrder(value[name])]));
}

/** Return the SHA-256 of *text*; null where the browser has none to give. */
async function fingerprint(text) {
  try {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return null;
  }
}

function tell(page, words, values = {}, good = false) {
  page.message = { text: bothSay(words, values), good };
  showAround(page);
}

function rowsOf(page) {
  const all = page.shelf.read();
  return page.items.map(({ item }) => ({ id: item.id, title: item.title, state: stateOf(item, givenTo(all, item.id).response) }));
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
    make("h2", { class: "sx-contents-title", id: "contents" }, say("page.items", language)),
    progressPart(rows, language),
    make("ol", { class: "sx-links" }, ...links),
    make("p", {}, make("a", { class: "sx-end-link", href: "#finish", "data-focus": "to-finish" }, say("page.to-finish", language))),
  ];
}

/** Show one item in its place. */
function placeItem(page, { item, points }) {
  const given = givenTo(page.shelf.read(), item.id);
  const number = make("p", { class: "sx-number" });
  const place = make("div", { class: "sx-item", id: `item-${item.id}`, tabindex: "-1" }, make("div", { class: "singmuk sm-bare" }, number));
  const entry = { item, points, number, place };
  entry.model = plainModel(
    {
      item, answer: null, level: 2, language: page.language, seed: page.seed, status: null, checked: false,
      response: given.response, first: given.first, confidence: given.confidence,
    },
    (model) => page.around.keep(page, item, model),
  );
  page.items.push(entry);
  page.list.append(place);
  render({ model: entry.model, el: place });
}

/** Show what stands around the items; `page.around` makes what differs from page to page. */
function showAround(page) {
  const { language } = page;
  const rows = rowsOf(page);
  document.documentElement.lang = LANGUAGES[language].tag;
  document.title = plain(page.title, language);
  for (const part of [page.hero, page.contents, page.finish]) part.lang = LANGUAGES[language].tag;
  refill(page.hero, ...page.around.hero(page, language));
  refill(page.contents, ...contentsParts(page, rows, language));
  refill(page.end, ...page.around.end(page, rows, language));
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
  page.around.shown?.(page, language);
}

/** Make the parts of the page and its items; `list` holds the items. */
function makeParts(page, list) {
  page.items = [];
  page.message = null;
  page.hero = make("header", { class: "singmuk sm-bare sx-hero" });
  page.contents = make("nav", { class: "singmuk sm-bare sx-contents", "aria-labelledby": "contents" });
  page.list = list;
  page.end = make("div", { class: "sx-finish" });
  page.voice = make("p", { class: "sx-message", role: "status" });
  page.tail = make("div", { class: "sx-tail" });
  page.finish = make("section", { class: "singmuk sx-end", id: "finish", tabindex: "-1", "aria-labelledby": "finish-title" }, page.end, page.voice, page.tail);
  return make("div", { class: "sx-page" }, page.hero, page.contents, page.list);
}

/** Fill the parts in, and go where the address points: nothing is there when the page is opened. */
function fillParts(page, places) {
  for (const place of places) placeItem(page, place);
  page.list.append(page.finish);
  showAround(page);
  const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted) wanted.scrollIntoView();
}
