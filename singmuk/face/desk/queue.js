/** Changes on their way to the desk: none is lost by a reload, a lost connection, a second tab or a full disk. */

/** Seconds between two attempts, the last one over and over. */
const PAUSES = [1, 2, 4, 8, 15, 30];
/** Milliseconds after which a silent desk counts as not reached. */
const PATIENCE = 20_000;
/** Characters of a body that a browser may still send while its page is being closed. */
const SMALL = 8000;

/** Ask the desk; return its answer and its JSON, or null when it cannot be reached. */
async function ask(page, method, path, body) {
  const text = body && JSON.stringify(body);
  try {
    const answer = await fetch(`${page.base}api/assignments/${page.assignment}/${path}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json", "X-XSRF-Token": page.xsrf },
      body: text,
      keepalive: Boolean(text && text.length < SMALL),
      signal: AbortSignal.timeout?.(PATIENCE),
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

/** Return what stands in this browser at *key*, by item; any shape may stand there by accident or by hand. */
function storedAt(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
    return isMapping(kept) ? Object.fromEntries(Object.entries(kept).filter(([, entry]) => isMapping(entry))) : {};
  } catch {
    return {};
  }
}

/** Return what waits in this browser, by item; it is put there until the desk has confirmed it. */
function openQueue(page) {
  const own = `singmuk-desk:${page.seed}:${page.assignment}:`;
  const queue = { key: own + page.release, works: true, memory: {}, confirmed: new Set(), all, put, done, drop, waiting, adopt };

  function all() {
    return { ...storedAt(queue.key), ...queue.memory };
  }

  function write(change) {
    const kept = storedAt(queue.key);
    change(kept);
    try {
      if (Object.keys(kept).length) localStorage.setItem(queue.key, JSON.stringify(kept));
      else localStorage.removeItem(queue.key);
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
    queue.confirmed.add(mark);
    settle(queue.memory);
    write(settle);
  }

  function drop(item) {
    delete queue.memory[item];
    write((kept) => {
      delete kept[item];
    });
  }

  /** Return the changes that the desk has not confirmed, each with its item. */
  function waiting() {
    return Object.entries(all()).filter(([, entry]) => !entry.sent && !queue.confirmed.has(entry.mark));
  }

  /** Take over what waits for an older release of the assignment, as far as its items are still there. */
  function adopt(known) {
    let names = [];
    try {
      names = Object.keys(localStorage).filter((name) => name.startsWith(own) && name !== queue.key);
    } catch {
      // A browser that keeps nothing has nothing to be taken over.
    }
    for (const name of names) {
      for (const [item, entry] of Object.entries(storedAt(name))) {
        if (known.includes(item) && !(item in all())) put(item, entry);
      }
      if (queue.works) localStorage.removeItem(name);
    }
  }

  return queue;
}

/** Do *work* while no other tab does it, lest an older answer overtake a newer one. */
function alone(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

/** Send what waits, one after the other, and again after a pause when the desk is not reached. */
function send(page) {
  page.flight ??= alone(page.queue.key, () => sendAll(page)).finally(() => {
    page.flight = null;
    // What came in while the last one was on its way.
    if (!page.trouble && page.queue.waiting().length) setTimeout(() => send(page));
  });
  return page.flight;
}

async function sendAll(page) {
  clearTimeout(page.again);
  let trouble = null;
  const tried = new Set();
  // Read anew each time: what is sent is the newest, also when it changed while another was on its way.
  const next = () => page.queue.waiting().find(([, entry]) => !tried.has(entry.mark));
  for (let found = next(); found && !trouble; found = next()) {
    const [item, entry] = found;
    tried.add(entry.mark);
    if (!page.items.some((one) => one.item.id === item)) {
      page.queue.drop(item);
      continue;
    }
    const { response, confidence, day } = entry;
    const answer = await ask(page, "PUT", `responses/${item}`, {
      release: page.release, response, confidence, day, language: page.language,
    });
    trouble = took(page, item, entry, answer);
  }
  // What another question to the desk found is not over because nothing waits.
  if (!tried.size && page.trouble && !page.trouble.again) return;
  page.back = Boolean(page.trouble && !trouble);
  // What was said of an earlier press is no longer so.
  if (page.back && !page.message?.good) page.message = null;
  page.trouble = trouble;
  page.tries = trouble?.again ? Math.min(page.tries + 1, PAUSES.length - 1) : -1;
  if (trouble) for (const [item] of page.queue.waiting()) modelOf(page, item)?.set("status", bothSay(trouble.words));
  if (trouble?.again) page.again = setTimeout(() => send(page), 1000 * Math.max(PAUSES[page.tries], trouble.after ?? 0));
  showAround(page);
}

function modelOf(page, item) {
  return page.items.find((one) => one.item.id === item)?.model;
}

/** What the desk says of a change that it will never take. */
const REFUSED = { closed: "desk.not-taken", refused: "desk.refused", large: "desk.refused" };

/** Act on the desk's *answer* to a change; return what is in the way of the next ones, null for nothing. */
function took(page, item, entry, answer) {
  const model = modelOf(page, item);
  const error = answer?.said.error;
  if (answer?.status === 200) {
    page.queue.done(item, entry.mark);
    page.given[item] = answer.said.given;
    page.revision = answer.said.revision;
    const now = page.queue.all()[item];
    if (now === undefined) model.set("status", bothSay("desk.kept"));
    else if (now.held !== undefined) model.set("status", "unfinished");
    return null;
  }
  if (answer && REFUSED[error]) {
    page.queue.done(item, entry.mark);
    model.set("status", bothSay(REFUSED[error]));
    if (error === "closed") closeDesk(page, item);
    return null;
  }
  return troubleOf(page, answer);
}

/** Return what keeps the desk from taking anything now: its words, and what helps. */
function troubleOf(page, answer) {
  const error = answer?.said.error;
  if (answer?.status === 401) return { words: "desk.signed-out", why: "desk.why-out", login: true };
  if (error === "xsrf") return { words: "desk.stale", why: "desk.why-stale", reload: true };
  if (error === "release" || error === "unknown") return { words: "desk.changed", why: "desk.why-changed", reload: true };
  const after = answer?.said.after;
  if (!page.queue.works) return { words: "desk.lost", why: "desk.why-lost", again: true, after };
  if (error === "full") return { words: "desk.full", why: "desk.why-full", again: true, after };
  if (error === "busy" || error === "fast") return { words: "desk.busy", why: "desk.why-busy", again: true, after };
  return { words: "desk.offline", why: "desk.why-offline", again: true, after };
}
