/**
 * What became of one choice, case, row, span or step.
 * @typedef {Object} Line
 * @property {Text} text
 * @property {Text|null} yours   what the participant did with it, as words that stand alone
 * @property {Text|null} best    what is best, likewise
 * @property {boolean|null} right null: nothing was done here that could be right or wrong
 * @property {Text} rationale
 * @property {Text|null} [tempting]
 * @property {{label: string, title: string, url: string}[]} [cite]
 * @property {Text} [group]      heading shown where it changes
 * @property {Text} [intro]      shown under that heading
 */

/** Return the words of the result and how it stands: best, partly or poor. */
function resultOf(kind, item, answer, response, language) {
  const share = kind.share(item, answer, response);
  const lines = kind.lines(item, answer, response);
  const judged = lines.filter((line) => line.right !== null);
  const values = { n: judged.filter((line) => line.right).length, m: judged.length };
  const look = share === 1 ? "best" : share > 0 ? "partly" : share === null ? "note" : "poor";
  const word = look === "note" ? "best" : look;
  const own = `${item.kind}.result.${word}`;
  const text = say(wordAt(own) ? own : `result.${word}`, language, values);
  return { look, text, lines };
}

/** Make the result: a heading that takes the focus, a note on how it counts, and how sure one was. */
function resultPart({ result, item, confidence, language, level }) {
  const looks = { best: "right", partly: "partly", poor: "wrong", note: "note" };
  const rule = wordAt(`${item.kind}.rule`) && result.look !== "best" ? say(`${item.kind}.rule`, language) : null;
  const sure = confidence === null || confidence === undefined
    ? null
    : say("confidence.was", language, { n: confidence, text: sureness(confidence, language) });
  const small = [rule, sure].filter(Boolean);
  return make(
    "div",
    { class: `sm-result sm-is-${result.look}` },
    make(`h${level}`, { tabindex: "-1", class: "sm-verdict", "data-focus": "verdict" }, icon(looks[result.look]), make("span", {}, result.text)),
    ...small.map((words) => make("p", {}, words)),
  );
}

/** Make the list that explains every choice, and the sources in full. */
function feedbackPart(lines, { language }) {
  const part = make("div", { class: "sm-explained" });
  let group = null;
  let list = null;
  for (const line of lines) {
    const name = line.group ? plain(line.group, language) + plain(line.intro, language) : "";
    if (name !== group) {
      group = name;
      const intro = line.intro && markup("div", { class: "sm-prose sm-intro" }, inLanguage(line.intro, language));
      if (line.group) part.append(make("p", { class: "sm-label" }, plain(line.group, language)));
      if (intro) part.append(intro);
      list = make("ul", { class: "sm-lines" });
      part.append(list);
    }
    list.append(feedbackLine(line, language));
  }
  return part;
}

function feedbackLine(line, language) {
  const look = line.right === true ? "right" : line.right === false ? "wrong" : line.best && !line.yours ? "best" : "plain";
  const marks = [
    line.right === null ? null : make("strong", { class: "sm-tag" }, say(line.right ? "right" : "wrong", language)),
    line.yours && markup("span", { class: "sm-tag" }, inLanguage(line.yours, language)),
    // When you did what is best, saying it twice helps nobody.
    line.best && line.right !== true && markup("span", { class: "sm-tag sm-tag-best" }, inLanguage(line.best, language)),
  ].filter(Boolean);
  return make(
    "li",
    { class: `sm-line sm-line-${look}` },
    icon(look),
    make(
      "div",
      {},
      markup("div", { class: "sm-line-text sm-prose" }, inLanguage(line.text, language)),
      marks.length ? make("p", { class: "sm-tags" }, ...marks) : null,
      markup("div", { class: "sm-prose" }, inLanguage(line.rationale, language)),
      line.tempting ? temptingPart(line.tempting, language) : null,
      sourcesPart(line.cite ?? [], language),
    ),
  );
}

function temptingPart(text, language) {
  return make(
    "div",
    { class: "sm-tempting" },
    make("strong", {}, say("tempting", language)),
    " ",
    markup("span", {}, inLanguage(text, language)),
  );
}

function sourcesPart(cites, language) {
  if (!cites.length) return null;
  const links = cites.flatMap((cite, index) => [index ? "; " : " ", sourceLink(cite, language)]);
  return make("p", { class: "sm-cites" }, say(cites.length > 1 ? "sources" : "source", language), ...links);
}

/** Make a link to a source. It opens beside the page, for in JupyterLab it would replace the notebook. */
function sourceLink(cite, language) {
  const title = cite.title && cite.title !== cite.label ? `: ${cite.title}` : "";
  const name = make("cite", {}, cite.label, make("span", { class: "sm-unseen" }, title));
  if (!/^https?:/i.test(cite.url ?? "")) return name;
  return make(
    "a",
    { href: cite.url, target: "_blank", rel: "noopener noreferrer" },
    name,
    make("span", { class: "sm-unseen" }, ` (${say("new-tab", language)})`),
  );
}

/** Make the model answer of a kind that has one in words, or nothing. */
function modelPart(kind, item, answer, language) {
  if (!kind.model) return null;
  return make(
    "div",
    { class: "sm-model" },
    make("p", { class: "sm-label" }, say("answer", language)),
    markup("div", { class: "sm-prose" }, inLanguage(kind.model(item, answer), language)),
  );
}

/** Make what only paper shows: the model answer, on the page after the scenario. */
function printPart(kind, item, answer, { language, level }) {
  const title = make("span", {}, `${say("answer", language)}: `, markup("span", {}, inLanguage(item.title, language)));
  return make(
    "div",
    { class: "sm-print" },
    make(`h${level}`, {}, title),
    modelPart(kind, item, answer, language),
    feedbackPart(kind.lines(item, answer, null), { language }),
  );
}
