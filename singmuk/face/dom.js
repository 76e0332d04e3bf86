/**
 * A passage in both languages; markup in it comes from the authors.
 * @typedef {{en: string, zh: string}} Text
 */

// Every widget loads its own copy of this script, so a counter alone would not keep ids apart.
const FACE = { prefix: `singmuk-${Math.random().toString(36).slice(2, 8)}`, count: 0 };

/** Languages in the order of their buttons, with the tag a screen reader needs. */
const LANGUAGES = { en: { tag: "en", name: "English" }, zh: { tag: "zh-Hant-HK", name: "中文" } };

/** Return an id that nothing else on the page has. */
function uid(word) {
  FACE.count += 1;
  return `${FACE.prefix}-${word}-${FACE.count}`;
}

/**
 * Make an element; null, undefined and false attributes are left out, functions become listeners.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make an element filled with an author's markup. */
function markup(tag, attributes, text) {
  const element = make(tag, attributes);
  element.innerHTML = text;
  return element;
}

/** Return *text* safe to stand inside markup. */
function escaped(text) {
  const marks = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return String(text).replace(/[&<>"]/g, (mark) => marks[mark]);
}

/** Return the passage in *language*, or in the other one rather than nothing. */
function inLanguage(text, language) {
  if (text === null || text === undefined) return "";
  if (typeof text !== "object") return String(text);
  return text[language] ?? text.en ?? text.zh ?? "";
}

/** Return a passage without its markup, for names and announcements. */
function plain(text, language) {
  return markup("span", {}, inLanguage(text, language)).textContent.trim();
}

/** Return the entry of the word list at a dotted *path*, or undefined. */
function wordAt(path) {
  return path.split(".").reduce((branch, key) => branch?.[key], WORDS);
}

/** Return the words at *path* in *language*, with {names} filled from *values*. */
function say(path, language, values = {}) {
  const words = inLanguage(wordAt(path) ?? path, language);
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Return words as a Text; *values* may themselves be Texts. */
function bothSay(path, values = {}) {
  return bothLanguages((language) => {
    const filled = Object.entries(values).map(([name, value]) => [name, inLanguage(value, language)]);
    return say(path, language, Object.fromEntries(filled));
  });
}

/** Return the Text that *write* gives for each language. */
function bothLanguages(write) {
  return Object.fromEntries(Object.keys(LANGUAGES).map((language) => [language, write(language)]));
}

const ICONS = {
  right: "M5 12.5l4.5 4.5L19 7.5",
  wrong: "M7 7l10 10M17 7L7 17",
  partly: "M6 12h12",
  best: "M12 4.5l2.3 4.9 5.2.6-3.9 3.6 1.1 5.3-4.7-2.7-4.7 2.7 1.1-5.3L4.5 10l5.2-.6z",
  note: "M12 3.5a8.5 8.5 0 1 0 .01 0zM12 8v.01M12 11.5v4.5",
  up: "M6 14l6-6 6 6",
  down: "M6 10l6 6 6-6",
  plain: "M12 7.5a4.5 4.5 0 1 0 .01 0z",
};

/** Return a drawing that goes with a word and is silent itself. */
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "path");
  const attributes = { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(attributes)) drawing.setAttribute(key, value);
  drawing.classList.add("sm-icon", `sm-icon-${name}`);
  line.setAttribute("d", ICONS[name]);
  drawing.append(line);
  return drawing;
}

/** Return *list* in an order that depends on *seed* alone, so that a reload shows the same. */
function shuffled(list, seed) {
  let state = 2166136261;
  for (const letter of String(seed)) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const result = [...list];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}
