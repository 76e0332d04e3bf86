/** Each row goes into one of several bins. */
KINDS.sort = {
  arrange: (item, shuffle) => ({ ...item, rows: shuffle(item.rows) }),
  share: (item, answer, response) => placedShare(item.rows, item.bins, answer.bins, response),
  blank: () => null,
  complete: (item, response) => placedAll(item.rows, item.bins, response),
  controls: (context) => placedControls(context, context.item.rows, context.item.bins),
  lines: (item, answer, response) => placedLines(item.rows, item.bins, answer.bins, answer.notes, response),
};
