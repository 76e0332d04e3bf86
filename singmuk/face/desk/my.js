/** Of every page: light or dark as in the book, times by the reader's clock, what was read and practised on this device. */

function fromBrowser(key, otherwise) {
  try {
    return localStorage.getItem(key) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** The book's reader chose light or dark there; "auto" and nothing leave it to the system, which the style sheet asks itself. */
function dress() {
  const mode = fromBrowser("mode", "");
  if (mode === "light" || mode === "dark") document.documentElement.dataset.theme = mode;
  else delete document.documentElement.dataset.theme;
}

function readKept(key) {
  try {
    const kept = JSON.parse(fromBrowser(key, "{}"));
    return kept !== null && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  } catch {
    return {};
  }
}

function showCount(place, name, n, of) {
  const line = place.querySelector(`[data-count="${name}"]`);
  if (!line || !of) return;
  line.textContent = line.getAttribute("data-words").replace("{n}", n).replace("{m}", of);
  line.parentElement.querySelector("progress").value = n;
  line.parentElement.hidden = false;
}

/**
 * Show how far the part at this *place* of the page has come on this device, and lead to where it goes on.
 * Returns the link when reading on is what comes next here: before the assignment, unless that is begun.
 */
function showPart(place, part, read, practised) {
  const pages = part.pages.filter((one) => read[one.doc]).length;
  const done = part.scenarios.filter((name) => practised[name]?.checked === true).length;
  showCount(place, "pages", pages, part.pages.length);
  showCount(place, "scenarios", done, part.scenarios.length);
  for (const row of place.querySelectorAll("[data-doc]")) {
    const known = Boolean(read[row.getAttribute("data-doc")]);
    row.classList.toggle("sd-done", known);
    row.querySelector("[data-read]").hidden = !known;
  }
  const link = place.querySelector("[data-next]");
  const next = part.pages.find((one) => !read[one.doc]);
  link.href = (next ?? part.pages[0]).href;
  link.textContent = link.getAttribute(`data-${!next ? "again" : pages || done ? "on" : "start"}`);
  const state = place.querySelector("[data-state]")?.getAttribute("data-state");
  const reading = Boolean(next) && (!state || state === "untouched");
  for (const button of place.querySelectorAll('[data-state="untouched"] .sd-button')) button.classList.toggle("sd-quiet", reading);
  link.classList.add("sd-quiet");
  return reading ? link : null;
}

function showParts() {
  const given = JSON.parse(document.getElementById("singmuk-modules")?.textContent ?? "{\"parts\": []}");
  const read = readKept(`singmuk-read:${given.course}:${given.version}`);
  const practised = readKept(`singmuk:${given.course}:${given.version}`);
  const places = [...document.querySelectorAll("[data-module]")];
  const links = places.map((place) => showPart(place, given.parts[Number(place.getAttribute("data-module"))], read, practised));
  // Of all that could be read, one page is next; before the first one, the test that is taken before.
  const first = document.querySelector('[data-first] [data-state="untouched"] .sd-button');
  const fresh = first && !Object.keys(read).length && !Object.keys(practised).length;
  first?.classList.toggle("sd-quiet", !fresh);
  if (!fresh) links.find(Boolean)?.classList.remove("sd-quiet");
}

dress();
window.addEventListener("storage", () => {
  dress();
  showParts();
});
// Back from the book, which may have been read on.
window.addEventListener("pageshow", (event) => event.persisted && showParts());
document.addEventListener("DOMContentLoaded", () => {
  showParts();
  const locale = document.documentElement.lang.startsWith("zh") ? "zh-HK" : "en-HK";
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = new Date(time.dateTime).toLocaleString(locale, { dateStyle: "long", timeStyle: "short" });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});
