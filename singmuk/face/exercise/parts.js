/** Make the two buttons by which a person changes the language. */
function languageButtons(language, change) {
  const buttons = Object.entries(LANGUAGES).map(([code, { tag, name }]) =>
    make("button", {
      type: "button", lang: tag, "aria-pressed": String(code === language), "data-focus": `language:${code}`,
      click: () => change(code),
    }, name));
  return make("div", { class: "sm-languages", role: "group", "aria-label": say("page.language", language) }, ...buttons);
}

const STATE_ICONS = { blank: "plain", begun: "partly", whole: "right" };

/** Make the line and the bar that say how much is answered. */
function progressPart(rows, language) {
  const n = rows.filter((row) => row.state === "whole").length;
  const total = make("p", { class: "sm-label", id: uid("total") }, say("finish.progress", language, { n, m: rows.length }));
  const bar = make("progress", { max: Math.max(1, rows.length), value: n, "aria-labelledby": total.id });
  return make("div", { class: "sx-progress" }, total, bar);
}

/** Make the list of what is still open; `way` makes the link or button to one item. */
function openPart(rows, language, way) {
  const open = rows.map((row, index) => ({ ...row, n: index + 1 })).filter((row) => row.state !== "whole");
  if (!open.length) return make("p", { class: "sx-all" }, icon("right"), say("finish.none-open", language));
  const title = make("p", { class: "sm-label", id: uid("open") }, say("finish.open", language));
  const list = open.map((row) =>
    make(
      "li",
      { class: `sm-state-${row.state}` },
      icon(STATE_ICONS[row.state]),
      make("div", {}, way(row)),
      make("span", { class: "sm-state" }, say(`state.${row.state}`, language)),
    ));
  return make("div", {}, title, make("ul", { class: "sm-scenarios", "aria-labelledby": title.id }, ...list));
}

/** Make the list of receipts, the newest first. */
function receiptsPart(receipts, language) {
  if (!receipts.length) return null;
  const title = make("p", { class: "sm-label", id: uid("receipts") }, say("finish.receipts", language));
  const rows = receipts.map((receipt) =>
    make(
      "li",
      {},
      make(
        "p",
        { class: "sx-moment" },
        make("strong", {}, say(receipt.way === "file" ? "finish.saved" : "finish.sent", language)),
        " ",
        make("time", { datetime: receipt.time }, momentShown(receipt.time, language)),
        make("span", { class: "sm-aside" }, say("finish.progress", language, { n: receipt.answered, m: receipt.of })),
      ),
      receipt.sha256 && make("p", { class: "sx-print" }, `${say("finish.fingerprint", language)} `, make("code", {}, receipt.sha256)),
      receipt.file && make("p", { class: "sm-hint" }, say("finish.receipt-file", language, { file: receipt.file })),
      receipt.href && make("p", {}, make("a", { href: receipt.href }, say("finish.open-receipt", language, { n: receipt.number }))),
    ));
  const newest = receipts.length > 1 && make("p", { class: "sm-hint" }, say("finish.newest", language));
  return make("div", { class: "sx-receipts" }, title, newest, make("ol", { "aria-labelledby": title.id, reversed: true }, ...rows));
}

/** Return a moment as the reader's clock shows it, and as the receipt names it. */
function momentShown(time, language) {
  const locale = { en: "en-HK", zh: "zh-HK" }[language];
  const shown = new Date(time).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" });
  return `${shown} (UTC ${time.slice(11, 16)})`;
}

/** Hand the person a file, without any server. */
function saveFile(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = make("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * Fill *root* anew and leave the focus on the control that had it, if that is still there. What is as it was is not
 * touched: a button that is taken away between the press and the release of a mouse is never clicked.
 */
function refill(root, ...parts) {
  const active = root.getRootNode().activeElement;
  const focused = root.contains(active) ? active.getAttribute("data-focus") : null;
  const fresh = parts.filter(Boolean);
  fresh.forEach((part, at) => {
    const old = root.children[at];
    if (!old) root.append(part);
    else if (!old.isEqualNode(part)) old.replaceWith(part);
  });
  while (root.children.length > fresh.length) root.lastElementChild.remove();
  if (root.contains(root.getRootNode().activeElement)) return;
  if (focused) [...root.querySelectorAll("[data-focus]")].find((one) => one.getAttribute("data-focus") === focused)?.focus();
}

/**
 * Keep a notebook's shortcuts from whatever has the focus in *root*. The notebook asks the focused element itself
 * before it asks what is around it, so the mark has to stand there: arrows would else leave a group of radios.
 */
function keepShortcutsOut(root) {
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
}
