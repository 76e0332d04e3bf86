/** Several choices apply. */
KINDS.select = {
  arrange: (item, shuffle) => ({ ...item, choices: shuffle(item.choices) }),

  share(item, answer, response) {
    const chosen = knownIds(response, item.choices.map((choice) => choice.id));
    if (!chosen) return 0;
    const hits = answer.keys.filter((key) => chosen.has(key)).length;
    return Math.max(0, (hits - (chosen.size - hits)) / answer.keys.length);
  },

  blank: () => null,

  complete: (item, response) => Array.isArray(response) && response.length > 0,

  controls(context) {
    const { choices } = context.item;
    const list = optionList(context, {
      type: "checkbox", options: choices, key: "choice",
      pick: () => {
        const ticked = choices.map((choice) => choice.id).filter((id) => list.inputs.get(id).checked);
        context.change(ticked.length ? ticked : null);
      },
    });
    context.watch((response) => {
      for (const [id, input] of list.inputs) input.checked = Array.isArray(response) && response.includes(id);
    });
    return list.element;
  },

  lines: (item, answer, response) =>
    item.choices.map((choice) => {
      const given = Array.isArray(response);
      const ticked = given && response.includes(choice.id);
      const key = answer.keys.includes(choice.id);
      return {
        ...answer.notes[choice.id],
        text: choice.text,
        yours: given ? bothSay(ticked ? "select.ticked" : "select.left") : null,
        best: bothSay(key ? "select.tick" : "select.leave"),
        right: given ? ticked === key : null,
      };
    }),
};
