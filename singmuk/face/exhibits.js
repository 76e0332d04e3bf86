/** Make what the participant looks at besides the stem: texts, messages, tables, pictures. */
function exhibits(item, language) {
  const shown = (item.exhibits ?? []).filter((exhibit) => EXHIBITS[exhibit.kind]);
  if (!shown.length) return null;
  return make("div", { class: "sm-exhibits" }, ...shown.map((exhibit) => EXHIBITS[exhibit.kind](exhibit, language)));
}

const EXHIBITS = {
  text(exhibit, language) {
    return make(
      "figure",
      { class: "sm-exhibit sm-exhibit-text" },
      exhibit.title && markup("figcaption", {}, inLanguage(exhibit.title, language)),
      markup("div", { class: "sm-prose" }, inLanguage(exhibit.text, language)),
    );
  },

  message(exhibit, language) {
    const heads = ["from", "to", "subject"].filter((field) => exhibit[field]);
    return make(
      "figure",
      { class: "sm-exhibit sm-exhibit-message" },
      markup("figcaption", {}, inLanguage(exhibit.channel, language)),
      make("dl", {}, ...heads.map((field) => messageHead(field, exhibit[field], language))),
      markup("div", { class: "sm-prose" }, inLanguage(exhibit.body, language)),
    );
  },

  table(exhibit, language) {
    const caption = plain(exhibit.caption, language);
    const figures = (column) => exhibit.rows.every((row) => typeof row[column] === "number");
    const head = exhibit.head.map((cell, column) =>
      markup("th", { scope: "col", class: figures(column) && "sm-figure" }, inLanguage(cell, language)));
    const rows = exhibit.rows.map((row) => make("tr", {}, ...row.map((cell) => tableCell(cell, language))));
    return make(
      "div",
      {
        class: "sm-exhibit sm-exhibit-table",
        role: "region",
        tabindex: "0",
        "data-focus": `table:${caption}`,
        "aria-label": say("exhibit.scroll", language, { text: caption }),
      },
      make(
        "table",
        {},
        markup("caption", {}, inLanguage(exhibit.caption, language)),
        make("thead", {}, make("tr", {}, ...head)),
        make("tbody", {}, ...rows),
      ),
    );
  },

  picture(exhibit, language) {
    const words = inLanguage(exhibit.alt, language);
    return make(
      "figure",
      { class: "sm-exhibit sm-exhibit-picture" },
      make("img", { src: exhibit.src, alt: words }),
      // In the open as well: the decision must be possible for whoever sees little, zooms far or prints grey.
      make("details", {}, make("summary", { "data-focus": "described" }, say("exhibit.described", language)), make("p", {}, words)),
    );
  },
};

function messageHead(field, text, language) {
  return make(
    "div",
    {},
    make("dt", {}, say(`exhibit.${field}`, language)),
    markup("dd", {}, inLanguage(text, language)),
  );
}

function tableCell(cell, language) {
  if (typeof cell === "number") return make("td", { class: "sm-figure" }, cell.toLocaleString("en-HK", { maximumFractionDigits: 10 }));
  return markup("td", {}, inLanguage(cell, language));
}
