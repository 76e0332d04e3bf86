/** A figure is worked out again. */
KINDS.number = {
  share: (item, answer, response) => (isFigure(response) && isNear(response, answer.answer, answer) ? 1 : 0),

  blank: () => null,

  complete: (item, response) => isFigure(response),

  controls(context) {
    const problem = make("p", { class: "sm-problem", id: uid("problem"), hidden: true });
    const hint = make("p", { class: "sm-hint", id: uid("hint") }, context.say("hint"));
    const input = make("input", {
      type: "text", inputmode: "decimal", autocomplete: "off", "data-focus": "figure", class: "sm-figure-field",
      "aria-describedby": `${hint.id} ${problem.id}`,
    });
    const unit = context.item.unit && markup("span", { class: "sm-unit" }, inLanguage(context.item.unit, context.language));
    const read = () => (input.value.trim() === "" ? null : parseFigure(input.value));
    const complain = () => {
      const failed = input.value.trim() !== "" && read() === null;
      problem.hidden = !failed;
      problem.textContent = failed ? context.say("invalid") : "";
      input.setAttribute("aria-invalid", String(failed));
      if (failed) context.announce(problem.textContent);
    };
    input.addEventListener("input", () => {
      context.draft.figure = input.value;
      if (!problem.hidden) complain();
      context.later(read());
    });
    input.addEventListener("change", complain);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      complain();
      context.check();
    });
    context.watch((response) => {
      const figure = figureShown(context.draft.figure, response);
      if (input.value !== figure) input.value = figure;
      if (!problem.hidden) complain();
    });
    return make(
      "div",
      {},
      make("label", { class: "sm-field" }, make("span", {}, context.say("label")), make("span", { class: "sm-with-unit" }, input, unit)),
      hint,
      problem,
    );
  },

  lines(item, answer, response) {
    const withUnit = (value) => bothLanguages((language) => `${value} ${escaped(inLanguage(item.unit, language))}`.trim());
    const given = isFigure(response);
    const hit = given && isNear(response, answer.answer, answer);
    const best = {
      ...answer.note, text: withUnit(answer.answer), yours: given ? bothSay("number.yours", { text: withUnit(response) }) : null,
      best: null, right: given ? hit : null,
    };
    const wrong = answer.wrong.map((figure) => {
      const same = given && !hit && isNear(response, figure.value, answer);
      return {
        ...figure, group: bothSay("number.often"), text: withUnit(figure.value),
        yours: same ? bothSay("number.yours", { text: withUnit(response) }) : null, best: null, right: null,
      };
    });
    return [best, ...wrong];
  },
};

function isFigure(response) {
  return typeof response === "number" && Number.isFinite(response);
}

function isNear(figure, other, answer) {
  return Math.abs(figure - other) <= answer.tolerance + 1e-9;
}

/**
 * Return the number a person meant, or null: "1,234.5", "１２３", "HK$ 1 200", "12 %".
 * "1,5" is refused, for it means different figures to different people.
 */
function parseFigure(text) {
  const bare = text
    .normalize("NFKC")
    .replace(/\u2212/g, "-")
    .replace(/\s/g, "")
    .replace(/^([+-]?)(?:HK\$|\$|HKD)/i, "$1")
    .replace(/%$/, "");
  if (!/^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?$/.test(bare) || !/\d/.test(bare)) return null;
  const figure = Number(bare.replace(/,/g, ""));
  return Number.isFinite(figure) ? figure : null;
}

/** Return what the field shows: what was typed, as long as it is still what is stored. */
function figureShown(draft, response) {
  const stored = isFigure(response) ? response : null;
  if (draft !== undefined && (draft.trim() === "" ? null : parseFigure(draft)) === stored) return draft;
  return stored === null ? "" : String(stored);
}
