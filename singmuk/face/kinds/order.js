/** Steps are put in order, by buttons or by a place in a list; nothing has to be dragged. */
KINDS.order = {
  arrange: (item, shuffle) => ({ ...item, steps: shuffle(item.steps) }),

  share(item, answer, response) {
    const known = item.steps.map((step) => step.id);
    if (!isOrder(response, known)) return 0;
    const place = answer.order.map((id) => response.indexOf(id));
    let balance = 0;
    let pairs = 0;
    for (let first = 0; first < place.length; first += 1) {
      for (let second = first + 1; second < place.length; second += 1) {
        balance += place[first] < place[second] ? 1 : -1;
        pairs += 1;
      }
    }
    return Math.max(0, balance / pairs);
  },

  blank: () => null,

  complete: (item, response) => isOrder(response, item.steps.map((step) => step.id)),

  controls(context) {
    const known = context.item.steps.map((step) => step.id);
    let current = known;
    const move = (id, place, control) => {
      const values = { n: place + 1, m: known.length };
      if (place < 0 || place >= known.length) {
        context.announce(context.say("edge", { ...values, n: current.indexOf(id) + 1 }));
        return;
      }
      const others = current.filter((other) => other !== id);
      context.change([...others.slice(0, place), id, ...others.slice(place)]);
      control.focus();
      context.announce(context.say("moved", values));
    };
    const rows = new Map(
      context.item.steps.map((step) => [step.id, orderRow(context, step, known.length, (place, control) => {
        move(step.id, place(current.indexOf(step.id)), control);
      })]),
    );
    const list = make("ol", { class: "sm-steps" });
    const keep = make("button", {
      type: "button", class: "sm-button sm-quiet", "data-focus": "keep",
      click: () => {
        context.change([...current]);
        list.querySelector("select").focus();
        context.announce(context.say("kept"));
      },
    }, context.say("keep"));
    context.watch((response) => {
      current = isOrder(response, known) ? response : known;
      keep.hidden = isOrder(response, known);
      showOrder(list, current.map((id) => rows.get(id)));
    });
    return make("div", {}, make("p", { class: "sm-hint" }, context.say("hint")), list, keep);
  },

  lines: (item, answer, response) => {
    const given = isOrder(response, item.steps.map((step) => step.id));
    return answer.order.map((id, index) => {
      const place = given ? response.indexOf(id) : null;
      return {
        ...answer.notes[id],
        text: item.steps.find((step) => step.id === id).text,
        yours: given ? bothSay("you", { text: bothSay("order.at", { n: place + 1 }) }) : null,
        best: bothSay("best-is", { text: bothSay("order.at", { n: index + 1 }) }),
        right: given ? place === index : null,
      };
    });
  },
};

/** Return whether *response* holds each known id exactly once. */
function isOrder(response, known) {
  return Array.isArray(response) && response.length === known.length && known.every((id) => response.includes(id));
}

/** Make one step with its two buttons and its list of places. */
function orderRow(context, step, count, move) {
  const text = markup("span", { class: "sm-step-text", id: uid("step") }, inLanguage(step.text, context.language));
  const button = (word, by) => {
    const control = make("button", {
      type: "button", class: "sm-button sm-move", id: uid(word), "data-focus": `${word}:${step.id}`,
      click: () => move((place) => place + by, control),
    }, icon(word), make("span", { class: "sm-unseen" }, context.say(word)));
    control.setAttribute("aria-labelledby", `${control.id} ${text.id}`);
    return control;
  };
  const label = make("span", { class: "sm-unseen", id: uid("place") }, context.say("place"));
  const places = Array.from({ length: count }, (_, place) => make("option", { value: place }, String(place + 1)));
  const select = make("select", {
    "aria-labelledby": `${label.id} ${text.id}`, "data-focus": `place:${step.id}`,
    change: () => move(() => Number(select.value), select),
  }, ...places);
  const [up, down] = [button("up", -1), button("down", 1)];
  const element = make("li", { class: "sm-step" }, label, select, text, make("span", { class: "sm-moves" }, up, down));
  return { element, select, up, down };
}

/** Bring the rows into order around the one that has the focus, so that it is never taken out of the page. */
function showOrder(list, rows) {
  const active = list.getRootNode().activeElement;
  const fixed = rows.findIndex((row) => active && row.element.contains(active));
  rows.forEach((row, index) => {
    if (fixed < 0 || index > fixed) list.append(row.element);
    else if (index < fixed) list.insertBefore(row.element, rows[fixed].element);
    row.select.value = String(index);
    // Not disabled: a disabled button would drop the focus at either end.
    row.up.setAttribute("aria-disabled", String(index === 0));
    row.down.setAttribute("aria-disabled", String(index === rows.length - 1));
  });
}
