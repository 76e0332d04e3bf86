/** One of several choices is best. */
KINDS.choose = {
  arrange: (item, shuffle) => ({ ...item, choices: shuffle(item.choices) }),

  share: (item, answer, response) => (response === answer.key ? 1 : 0),

  blank: () => null,

  complete: (item, response) => item.choices.some((choice) => choice.id === response),

  controls(context) {
    const options = context.item.choices;
    const list = optionList(context, { type: "radio", options, key: "choice", pick: context.change });
    context.watch((response) => {
      for (const [id, input] of list.inputs) input.checked = id === response;
    });
    return list.element;
  },

  lines: (item, answer, response) =>
    item.choices.map((choice) => {
      const chosen = choice.id === response;
      const best = choice.id === answer.key;
      return {
        ...answer.notes[choice.id],
        text: choice.text,
        yours: chosen ? bothSay("choose.yours") : null,
        best: best ? bothSay("choose.best") : null,
        right: chosen ? best : null,
      };
    }),
};
