/** My course: what was read and practised on this device, from what the book's pages keep in this browser. */

function readKept(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
    return kept !== null && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  } catch {
    return {};
  }
}

const given = JSON.parse(document.getElementById("singmuk-modules")?.textContent ?? "{\"parts\": []}");
const read = readKept(`singmuk:read:${given.course}:${given.version}`);
const practised = readKept(`singmuk:${given.course}:${given.version}`);

for (const place of document.querySelectorAll("[data-module]")) {
  const part = given.parts[Number(place.getAttribute("data-module"))];
  const pages = part.pages.filter((one) => read[one.doc]).length;
  const done = part.scenarios.filter((name) => practised[name]?.checked === true).length;
  for (const [name, n, of] of [["pages", pages, part.pages.length], ["scenarios", done, part.scenarios.length]]) {
    const line = place.querySelector(`[data-count="${name}"]`);
    if (!line) continue;
    line.textContent = line.getAttribute("data-words").replace("{n}", n).replace("{m}", of);
    line.hidden = false;
    const bar = place.querySelector(`progress[data-bar="${name}"]`);
    bar.value = n;
    bar.hidden = false;
  }
  const next = part.pages.find((one) => !read[one.doc]) ?? part.pages[0];
  const link = place.querySelector("[data-next]");
  if (link) link.href = next.href;
}
for (const time of document.querySelectorAll("time[datetime]")) {
  const locale = document.documentElement.lang.startsWith("zh") ? "zh-HK" : "en-HK";
  time.textContent = new Date(time.dateTime).toLocaleString(locale, { dateStyle: "long", timeStyle: "short" });
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
