/** Each case gets one of two verdicts. */
KINDS.judge = {
  arrange: (item, shuffle) => ({ ...item, cases: shuffle(item.cases) }),
  share: (item, answer, response) => placedShare(item.cases, item.verdicts, answer.verdicts, response),
  blank: () => null,
  complete: (item, response) => placedAll(item.cases, item.verdicts, response),
  controls: (context) => placedControls(context, context.item.cases, context.item.verdicts),
  lines: (item, answer, response) => placedLines(item.cases, item.verdicts, answer.verdicts, answer.notes, response),
};
