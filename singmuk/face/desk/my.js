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

/** Show how far the part *at* this place of the page has come on this device, and lead to where it goes on. */
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
  // One thing comes next: to read, until that is done or the assignment is begun.
  const doing = place.querySelector('[data-state="untouched"] .sd-button');
  const first = next && doing;
  link.classList.toggle("sd-quiet", !(first || (next && !place.querySelector("[data-state]"))));
  doing?.classList.toggle("sd-quiet", Boolean(first));
}

function showParts() {
  const given = JSON.parse(document.getElementById("singmuk-modules")?.textContent ?? "{\"parts\": []}");
  const read = readKept(`singmuk-read:${given.course}:${given.version}`);
  const practised = readKept(`singmuk:${given.course}:${given.version}`);
  for (const place of document.querySelectorAll("[data-module]")) {
    showPart(place, given.parts[Number(place.getAttribute("data-module"))], read, practised);
  }
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
