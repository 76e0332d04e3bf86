/** A short text, which a trainer reads; in practice the writer compares it with a model answer. */
KINDS.write = {
  stays: true,

  share: (item, answer, response) => (hasInk(response) ? null : 0),

  // Nobody has to write a text twice.
  blank: (item, response) => response ?? null,

  complete: (item, response) => countWords(response) >= item.words.least,

  controls(context) {
    const { words } = context.item;
    const rubric = writeRubric(context);
    const hint = make("p", { class: "sm-hint", id: uid("hint") }, context.say("length", words));
    const count = make("p", { class: "sm-count", id: uid("count") });
    const area = make("textarea", {
      rows: 8, maxlength: LONGEST, "data-focus": "text", "aria-describedby": `${hint.id} ${count.id}`,
      input: () => {
        showCount(area.value);
        context.later(area.value.trim() ? area.value : null);
      },
    });
    const showCount = (text) => {
      const n = countWords(text);
      const path = n < words.least ? "short" : n > words.most ? "long" : "count";
      count.textContent = context.say(path, { n, k: path === "long" ? n - words.most : words.least - n });
      count.classList.toggle("sm-enough", path === "count");
    };
    context.watch((response, locked) => {
      const text = typeof response === "string" ? response : "";
      // While somebody types, the field is ahead of what is stored, blanks at the end included.
      if (area.value.trim() !== text.trim()) area.value = text;
      area.readOnly = locked;
      showCount(area.value);
    });
    return make(
      "div",
      {},
      rubric,
      make("label", { class: "sm-field sm-field-wide" }, make("span", {}, context.say("label")), area),
      make("div", { class: "sm-under" }, count, hint),
    );
  },

  /** The model answer, for the feedback and for print. */
  model: (item, answer) => answer.model,

  /** After the feedback: which band fits? Kept nowhere. */
  after(context) {
    const groups = context.item.rubric.map((criterion) => {
      const options = criterion.bands.map((band) => ({ id: String(band.points), text: band.text }));
      const list = optionList(context, { type: "radio", options, key: `self-${criterion.id}`, pick: () => {} });
      return make(
        "fieldset",
        { class: "sm-row" },
        markup("legend", { class: "sm-row-text" }, inLanguage(criterion.text, context.language)),
        list.element,
      );
    });
    return make(
      "fieldset",
      { class: "sm-self" },
      make("legend", {}, context.say("self")),
      make("p", { class: "sm-hint" }, context.say("private")),
      ...groups,
    );
  },

  lines: (item, answer) => [
    { ...answer.note, text: bothSay("write.note"), yours: null, best: null, right: null },
  ],
};

/** Characters that are taken at most; intake refuses a longer text. */
const LONGEST = 20000;

/** Return whether *text* has more than white space, drawn as narrowly as Python draws it. */
function hasInk(text) {
  return typeof text === "string" && [...text].length <= LONGEST && /[^\s\ufeff\x1c-\x1f\x85]/.test(text);
}

/** Return the number of words; each Chinese character is one, as on a Hong Kong form. */
function countWords(text) {
  if (typeof text !== "string") return 0;
  const han = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
  const characters = text.match(han)?.length ?? 0;
  const rest = text.replace(han, " ").match(/[\p{L}\p{N}]+(?:['’.\-][\p{L}\p{N}]+)*/gu);
  return characters + (rest?.length ?? 0);
}

function writeRubric(context) {
  const title = make("p", { class: "sm-label", id: uid("rubric") }, context.say("rubric"));
  const band = (entry) =>
    make(
      "li",
      {},
      make("span", { class: "sm-points" }, context.say(entry.points === 1 ? "point" : "points", { n: entry.points })),
      markup("span", {}, inLanguage(entry.text, context.language)),
    );
  const rows = context.item.rubric.map((criterion) =>
    make(
      "li",
      {},
      markup("p", { class: "sm-criterion" }, inLanguage(criterion.text, context.language)),
      make("ul", {}, ...criterion.bands.map(band)),
    ));
  return make("div", { class: "sm-rubric" }, title, make("ul", { "aria-labelledby": title.id }, ...rows));
}
