/** Each case gets one of two verdicts. */
KINDS.judge = {
  // Numbered pictures stand above the cases in their order; so do the cases, and nobody has to scroll back and forth.
  arrange: (item, shuffle) =>
    (item.exhibits ?? []).filter((one) => one.kind === "picture").length > 1 ? item : { ...item, cases: shuffle(item.cases) },
  share: (item, answer, response) => placedShare(item.cases, item.verdicts, answer.verdicts, response),
  blank: () => null,
  complete: (item, response) => placedAll(item.cases, item.verdicts, response),
  controls: (context) => placedControls(context, context.item.cases, context.item.verdicts),
  lines: (item, answer, response) => placedLines(item.cases, item.verdicts, answer.verdicts, answer.notes, response),
};
