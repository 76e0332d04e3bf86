/** Return the JSON inside a script element of the page, or *otherwise*. */
function readJson(script, otherwise) {
  try {
    return JSON.parse(script.textContent) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * Return the answers kept in this browser. Private windows may refuse to keep anything: everything still
 * works then, from memory, and `works` says so.
 */
function openStore(key) {
  const store = { key, works: true, memory: {}, read, write, clear };

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
      return isMapping(kept) ? { ...kept, ...store.memory } : { ...store.memory };
    } catch {
      // Refused, or not JSON any more: what cannot be read is treated as never written.
      return { ...store.memory };
    }
  }

  function write(id, entry) {
    // Read anew each time: another tab may have written in between.
    const all = { ...read(), [id]: entry };
    try {
      localStorage.setItem(key, JSON.stringify(all));
      store.memory = {};
      store.works = true;
    } catch {
      store.memory = all;
      store.works = false;
    }
    return store.works;
  }

  function clear() {
    store.memory = {};
    try {
      const ours = Object.keys(localStorage).filter((name) => /^singmuk(-read)?:/.test(name));
      for (const name of ours) localStorage.removeItem(name);
      return true;
    } catch {
      return false;
    }
  }

  return store;
}

/** Note in this browser that the page was read: its end was seen, or it was looked at for 20 seconds. */
function noteRead(page) {
  if (!page.doc) return;
  const store = openStore(`singmuk-read:${page.course}:${page.version}`);
  let seconds = 0;
  const note = () => {
    clearInterval(clock);
    if (!store.read()[page.doc]) store.write(page.doc, today());
  };
  const clock = setInterval(() => {
    seconds += document.visibilityState === "visible" ? 1 : 0;
    if (seconds >= 20) note();
  }, 1000);
  const last = [...document.querySelectorAll("article section")].at(-1)?.lastElementChild;
  if (last) new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && note()).observe(last);
}
