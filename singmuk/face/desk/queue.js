/** Changes on their way to the desk: none is lost by a reload, a lost connection, a second tab or a full disk. */

/** Seconds between two attempts, the last one over and over. */
const PAUSES = [1, 2, 4, 8, 15, 30];

/** Ask the desk; return its answer and its JSON, or null when it cannot be reached. */
async function ask(page, method, path, body) {
  try {
    const answer = await fetch(`${page.base}api/assignments/${page.assignment}/${path}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json", "X-XSRF-Token": page.xsrf },
      body: body && JSON.stringify(body),
    });
    let said = {};
    try {
      said = await answer.json();
    } catch {
      // A front between us and the desk answers in its own words.
    }
    return { status: answer.status, said: isMapping(said) ? said : {} };
  } catch {
    return null;
  }
}

/** Return what waits in this browser, by item; it is put there until the desk has confirmed it. */
function openQueue(page) {
  const key = `singmuk-desk:${page.seed}:${page.assignment}:${page.release}`;
  const queue = { key, works: true, memory: {}, all, put, done, waiting };

  function stored() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
      return isMapping(kept) ? kept : {};
    } catch {
      return {};
    }
  }

  function all() {
    return { ...stored(), ...queue.memory };
  }

  function write(change) {
    const kept = { ...stored() };
    change(kept);
    try {
      if (Object.keys(kept).length) localStorage.setItem(key, JSON.stringify(kept));
      else localStorage.removeItem(key);
      return true;
    } catch {
      return false;
    }
  }

  function put(item, entry) {
    queue.works = write((kept) => {
      kept[item] = entry;
    });
    if (queue.works) delete queue.memory[item];
    else queue.memory[item] = entry;
  }

  /** Take out what was confirmed, unless it has been changed since; the way through an unfinished story stays. */
  function done(item, mark) {
    const settle = (kept) => {
      if (kept[item]?.mark !== mark) return;
      if (kept[item].held === undefined) delete kept[item];
      else kept[item] = { ...kept[item], sent: true };
    };
    settle(queue.memory);
    write(settle);
  }

  /** Return the changes that the desk has not confirmed, each with its item. */
  function waiting() {
    return Object.entries(all()).filter(([, entry]) => isMapping(entry) && !entry.sent);
  }

  return queue;
}

/** Send what waits, one after the other, and again after a pause when the desk is not reached. */
function send(page) {
  page.flight ??= sendAll(page).finally(() => {
    page.flight = null;
    // What came in while the last one was on its way.
    if (!page.trouble && page.queue.waiting().length) setTimeout(() => send(page));
  });
  return page.flight;
}

async function sendAll(page) {
  clearTimeout(page.again);
  let trouble = null;
  for (const [item, entry] of page.queue.waiting()) {
    if (!page.items.some((one) => one.item.id === item)) {
      page.queue.done(item, entry.mark);
      continue;
    }
    const { response, confidence, day } = entry;
    const answer = await ask(page, "PUT", `responses/${item}`, {
      release: page.release, response, confidence, day, language: page.language,
    });
    trouble = took(page, item, entry, answer);
    if (trouble) break;
  }
  page.trouble = trouble;
  page.tries = trouble ? Math.min(page.tries + 1, PAUSES.length - 1) : -1;
  if (trouble?.again) page.again = setTimeout(() => send(page), 1000 * Math.max(PAUSES[page.tries], trouble.after ?? 0));
  showAround(page);
}

/** Act on the desk's *answer* to a change; return what is in the way of the next ones, null for nothing. */
function took(page, item, entry, answer) {
  const model = page.items.find((one) => one.item.id === item).model;
  const status = (words) => model.set("status", bothSay(words));
  if (answer?.status === 200) {
    page.queue.done(item, entry.mark);
    page.given[item] = answer.said.given;
    page.revision = answer.said.revision;
    if (entry.held !== undefined) model.set("status", "unfinished");
    else if (page.queue.all()[item] === undefined) status("desk.kept");
    return null;
  }
  const local = page.queue.works ? "desk.offline" : "desk.lost";
  const refused = { closed: "desk.not-taken", refused: "desk.refused", unknown: "desk.refused", large: "desk.refused" };
  const error = answer?.said.error;
  if (answer && refused[error]) {
    page.queue.done(item, entry.mark);
    if (error === "closed") page.closed = true;
    status(refused[error]);
    return null;
  }
  if (answer?.status === 401) {
    page.login = answer.said.login ?? null;
    status("desk.signed-out");
    return { again: false, words: "desk.signed-out" };
  }
  if (error === "release" || error === "xsrf") {
    status("desk.changed");
    return { again: false, words: "desk.changed", reload: true };
  }
  const words = error === "full" ? "desk.full" : local;
  status(words);
  return { again: true, after: answer?.said.after, words };
}
