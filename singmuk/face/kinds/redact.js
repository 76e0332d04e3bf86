/** Passages of a prompt are kept or removed before it is sent. */
KINDS.redact = {
  // The prompt with its marks stays in sight beside the feedback.
  stays: true,

  share(item, answer, response) {
    const spans = redactSpans(item).map((span) => span.id);
    const chosen = knownIds(response, spans);
    if (!chosen) return 0;
    const keeps = spans.length - answer.remove.length;
    const hits = answer.remove.filter((id) => chosen.has(id)).length;
    const alarms = chosen.size - hits;
    return Math.max(0, hits / answer.remove.length + (keeps - alarms) / keeps - 1);
  },

  blank: () => null,

  complete: (item, response) => Array.isArray(response) && response.length > 0,

  controls(context) {
    const inputs = new Map();
    const spans = redactSpans(context.item);
    const change = () => {
      const removed = spans.map((span) => span.id).filter((id) => inputs.get(id).checked);
      context.change(removed.length ? removed : null);
    };
    const mark = (segment) => {
      const input = make("input", { type: "checkbox", value: segment.span, "data-focus": `span:${segment.span}`, change });
      inputs.set(segment.span, input);
      const name = make("span", { class: "sm-unseen" }, context.say("remove"));
      // The box stays on the line of the first word; alone at the end of a line it would seem to belong to nothing.
      const [start] = segment.text.match(/^[!-~]{1,12}|^./su);
      const words = (text) => make("span", { class: "sm-mark-text" }, text);
      const box = make("span", { class: "sm-mark-box" }, input, name, words(start));
      return make("label", { class: "sm-mark" }, box, words(segment.text.slice(start.length)));
    };
    const segments = inLanguage(context.item.text, context.language);
    const text = segments.map((segment) => (typeof segment === "string" ? segment : mark(segment)));
    const count = make("p", { class: "sm-hint" });
    context.watch((response, locked) => {
      const removed = Array.isArray(response) ? response : [];
      for (const [id, input] of inputs) {
        input.checked = removed.includes(id);
        input.disabled = locked;
      }
      const marked = spans.filter((span) => removed.includes(span.id)).length;
      count.textContent = context.say("count", { n: marked, m: spans.length });
    });
    return make(
      "div",
      {},
      make("p", { class: "sm-hint" }, context.say("hint")),
      make("div", { class: "sm-prompt" }, ...text),
      count,
    );
  },

  lines: (item, answer, response) =>
    redactSpans(item).map((span) => {
      const given = Array.isArray(response);
      const removed = given && response.includes(span.id);
      const take = answer.remove.includes(span.id);
      return {
        ...answer.notes[span.id],
        text: span.text,
        yours: given ? bothSay(removed ? "redact.removed" : "redact.kept") : null,
        best: bothSay(take ? "redact.take" : "redact.keep"),
        right: given ? removed === take : null,
      };
    }),
};

/** Return the spans of the prompt in reading order, each with its text in both languages. */
function redactSpans(item) {
  const found = (language) => item.text[language].filter((segment) => typeof segment === "object");
  return found("en").map(({ span }) => ({
    id: span,
    text: bothLanguages((language) => escaped(found(language).find((segment) => segment.span === span)?.text ?? "")),
  }));
}
