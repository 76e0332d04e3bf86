/**
 * What the core hands to a kind.
 * @typedef {Object} Context
 * @property {Object} item           public half of the scenario, its lists in the order shown
 * @property {"en"|"zh"} language
 * @property {Object} draft          kept while the item is shown again, for what is not yet a response
 * @property {(path: string, values?: Object) => string} say   words of this kind
 * @property {(response: any) => void} change                  the participant changed the response
 * @property {(response: any) => void} later                   the same, while typing: kept after a pause
 * @property {(show: (response: any, locked: boolean) => void) => void} watch
 * @property {(words: string) => void} announce
 * @property {() => void} check      as the button does
 */

/**
 * Make native radios or checkboxes, each with its label.
 * @param {Context} context
 * @param {{type: "radio"|"checkbox", options: {id: string, text: Text}[], key: string, look?: string,
 *   pick: (id: string, on: boolean) => void}} plan
 */
function optionList(context, { type, options, key, look = "sm-options", pick }) {
  const name = uid(type);
  const inputs = new Map();
  const labels = options.map((option) => {
    const input = make("input", {
      type, name, value: option.id, "data-focus": `${key}:${option.id}`,
      change: () => pick(option.id, input.checked),
    });
    inputs.set(option.id, input);
    return make("label", { class: "sm-option" }, input, markup("span", {}, inLanguage(option.text, context.language)));
  });
  return { element: make("div", { class: look }, ...labels), inputs };
}

/** Return the ids of *response* as a set, or null when it holds anything but known ids. */
function knownIds(response, known) {
  if (!Array.isArray(response)) return null;
  return response.every((id) => typeof id === "string" && known.includes(id)) ? new Set(response) : null;
}

/** Return the share of *rows* whose option is the one in *truth*; one unknown id makes it 0. */
function placedShare(rows, options, truth, response) {
  if (!isMapping(response)) return 0;
  const known = rows.map((row) => row.id);
  const allowed = options.map((option) => option.id);
  const fine = Object.entries(response).every(([row, option]) => known.includes(row) && allowed.includes(option));
  if (!fine) return 0;
  return known.filter((row) => Object.hasOwn(response, row) && response[row] === truth[row]).length / known.length;
}

/** Return whether each of *rows* has one of *options*. */
function placedAll(rows, options, response) {
  return isMapping(response) && rows.every((row) => options.some((option) => option.id === placedAt(response, row)));
}

function placedAt(response, row) {
  return isMapping(response) && Object.hasOwn(response, row.id) ? response[row.id] : null;
}

/** Return the feedback of rows that were each given one option. */
function placedLines(rows, options, truth, notes, response) {
  return rows.map((row) => {
    const yours = options.find((option) => option.id === placedAt(response, row)) ?? null;
    const best = options.find((option) => option.id === truth[row.id]) ?? null;
    return {
      ...notes[row.id], text: row.text, yours: yours && bothSay("you", { text: yours.text }), best: best && bothSay("best-is", { text: best.text }),
      right: yours && yours === best,
    };
  });
}

/** Make one group of radios for each row: native, named by the row's text, one Tab stop each. */
function placedControls(context, rows, options) {
  let current = {};
  const groups = rows.map((row, index) => {
    const list = optionList(context, {
      type: "radio", options, key: row.id, look: "sm-pills",
      pick: (option) => context.change({ ...current, [row.id]: option }),
    });
    const legend = make(
      "legend",
      {},
      make("span", { class: "sm-aside" }, context.say("row", { n: index + 1 })),
      markup("span", { class: "sm-row-text" }, inLanguage(row.text, context.language)),
    );
    return { row, list, element: make("fieldset", { class: "sm-row", "data-row": true }, legend, list.element) };
  });
  context.watch((response) => {
    current = isMapping(response) ? response : {};
    for (const { row, list } of groups) {
      for (const [id, input] of list.inputs) input.checked = id === placedAt(current, row);
    }
  });
  return make("div", { class: "sm-rows" }, ...groups.map((group) => group.element));
}
