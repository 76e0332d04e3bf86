/** The exercise on a page of its own: answers stay in this browser until the person downloads them. */

/** Return what is kept of this release in this browser; without a place to keep it, it stays in memory. */
function openShelf(key) {
  const shelf = { key, works: true, memory: null, read, change, clear };

  function read() {
    try {
      const kept = shelf.memory ?? JSON.parse(localStorage.getItem(key) ?? "{}");
      return cleaned(kept);
    } catch {
      // Refused, or not JSON any more: what cannot be read is treated as never written.
      return cleaned(shelf.memory ?? {});
    }
  }

  /** Read anew each time: another tab may have written in between. */
  function change(write) {
    const all = read();
    write(all);
    try {
      localStorage.setItem(key, JSON.stringify(all));
      shelf.memory = null;
      shelf.works = true;
    } catch {
      shelf.memory = all;
      shelf.works = false;
    }
  }

  function clear() {
    shelf.memory = null;
    try {
      localStorage.removeItem(key);
      return true;
    } catch {
      return false;
    }
  }

  return shelf;
}

/** Return *kept* in its proper form: any shape may stand there by accident or by hand. */
function cleaned(kept) {
  const whole = isMapping(kept) ? kept : {};
  return {
    language: LANGUAGES[whole.language] ? whole.language : null,
    seed: typeof whole.seed === "string" ? whole.seed : null,
    given: isMapping(whole.given) ? whole.given : {},
    receipts: Array.isArray(whole.receipts) ? whole.receipts.filter((one) => isMapping(one) && typeof one.time === "string") : [],
  };
}

/** Return the text of responses.json, the same for the same answers. */
function fileText(page) {
  const all = page.shelf.read();
  const answered = page.items.map(({ item }) => [item, givenTo(all, item.id)]).filter(([, given]) => given.response !== null);
  const responses = answered.map(([item, given]) => [
    item.id,
    { ...given, response: fileable(item, given.response), first: fileable(item, given.first) },
  ]);
  const { assignment, release } = page;
  const language = { en: "en", zh: "zh-Hant" }[page.language];
  return `${JSON.stringify(inOrder({ format: 1, assignment, release, language, responses: Object.fromEntries(responses) }), null, 1)}\n`;
}

/** Keep what a person changed in one item, and say whether it is kept. */
function keepItem(page, item, model) {
  if (model.get("language") !== page.language) {
    speak(page, model.get("language"));
    return;
  }
  const response = typeof model.get("response") === "string" ? plainText(model.get("response")) : model.get("response") ?? null;
  const confidence = model.get("confidence") ?? null;
  if (typeof response === "string" && [...response].length > page.longest) {
    model.set("status", bothSay("status.long", { n: page.longest.toLocaleString("en") }));
    return;
  }
  page.shelf.change((all) => {
    const before = givenTo(all, item.id);
    all.seed = page.seed;
    all.given[item.id] = { response, first: before.first ?? fileable(item, response), confidence, day: today() };
  });
  page.unsaved = !page.shelf.works;
  const unfinished = item.kind === "branch" && stateOf(item, response) === "begun";
  model.set("status", !page.shelf.works ? bothSay("page.unkept") : unfinished ? "unfinished" : "kept");
  showAround(page);
}

/** Show everything in *language* and remember it. */
function speak(page, language) {
  page.language = language;
  page.shelf.change((all) => {
    all.language = language;
  });
  for (const { model } of page.items) model.set("language", language);
  showAround(page);
}

/** Bring every item to what is kept, after another tab or the clearing changed it. */
function recall(page) {
  const all = page.shelf.read();
  if (all.language && all.language !== page.language) speak(page, all.language);
  for (const { item, model } of page.items) {
    const given = givenTo(all, item.id);
    for (const key of ["response", "first", "confidence"]) model.set(key, given[key]);
    model.set("status", null);
  }
  showAround(page);
}

/** Download the answers and note a receipt. */
async function download(page) {
  const text = fileText(page);
  const rows = rowsOf(page);
  const bytes = new TextEncoder().encode(text).length;
  if (rows.every((row) => row.state === "blank")) return tell(page, "finish.nothing");
  if (bytes > page.largest) {
    return tell(page, "page.large", { n: bytes.toLocaleString("en"), m: page.largest.toLocaleString("en") });
  }
  saveFile("responses.json", text);
  const n = rows.filter((row) => row.state === "whole").length;
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const receipt = { time, way: "file", answered: n, of: rows.length, sha256: await fingerprint(text) };
  page.shelf.change((all) => {
    all.receipts = [receipt, ...all.receipts].slice(0, 20);
  });
  page.unsaved = false;
  return tell(page, "finish.downloaded", { n, m: rows.length }, true);
}

