/** A short story: decide, see the consequence, decide again. */
KINDS.branch = {
  // The path walked stays in sight beside the feedback.
  stays: true,

  arrange: (item, shuffle) => ({
    ...item,
    nodes: item.nodes.map((node) => ({ ...node, choices: shuffle(node.choices, node.id) })),
  }),

  share(item, answer, response) {
    const walk = walkBranch(item, response);
    return walk.whole && walk.ending ? answer.values[walk.ending.id] : 0;
  },

  blank: () => null,

  complete: (item, response) => walkBranch(item, response).ending !== null,

  controls(context) {
    const element = make("div", { class: "sm-branch" });
    let shown = null;
    context.watch((response, locked) => {
      const walk = walkBranch(context.item, response);
      const now = JSON.stringify([walk.steps.map((step) => step.choice.id), locked]);
      // Told of the same place again, keep what is picked and where the focus is.
      if (now === shown) return;
      shown = now;
      const ways = locked || !walk.steps.length ? [] : branchWays(context, element, walk);
      const next = walk.ending ? branchEnding(context, walk, ways) : !locked && branchNode(context, walk, ways);
      element.replaceChildren(...[branchPath(context, walk), next].filter(Boolean));
    });
    return element;
  },

  lines(item, answer, response) {
    const walk = walkBranch(item, response);
    const met = walk.steps.map((step) => step.node);
    const nodes = [...met, ...item.nodes.filter((node) => !met.includes(node))];
    const picked = walk.steps.map((step) => step.choice.id);
    const choices = nodes.flatMap((node, index) => {
      const value = (choice) => bestValue(item, answer, choice.to);
      const most = Math.max(...node.choices.map(value));
      const top = node.choices.filter((choice) => value(choice) === most);
      // A way round that can still end well, and whose note says why it tempts, is not the best beside a straight one.
      const straight = top.filter((choice) => !answer.notes[choice.id]?.tempting);
      const good = straight.length ? straight : top;
      const seen = index < met.length || !walk.steps.length;
      const name = seen ? bothSay("branch.step", { n: index + 1 }) : bothSay("branch.unseen");
      return node.choices.map((choice) => {
        const [yours, best] = [picked.includes(choice.id), good.includes(choice)];
        return {
          ...answer.notes[choice.id], group: name, intro: node.text, text: choice.text,
          yours: yours ? bothSay("branch.yours") : null,
          best: best ? bothSay("branch.best") : null,
          right: yours ? best : null,
        };
      });
    });
    const endings = item.endings.map((ending) => ({
      ...answer.notes[ending.id], group: bothSay("branch.endings"), text: ending.text,
      yours: ending === walk.ending ? bothSay("branch.reached") : null,
      best: answer.values[ending.id] === 1 ? bothSay("branch.best-end") : null,
      right: null,
    }));
    return [...choices, ...endings];
  },
};

/**
 * Follow a path as far as it is one. `whole`: every step of it was a step of the story.
 * @returns {{steps: {node: Object, choice: Object}[], node: Object|null, ending: Object|null, whole: boolean}}
 */
function walkBranch(item, path) {
  const steps = [];
  let place = item.start;
  let whole = Array.isArray(path) || path === null || path === undefined;
  for (const id of Array.isArray(path) ? path : []) {
    const node = item.nodes.find((candidate) => candidate.id === place);
    const choice = node?.choices.find((candidate) => candidate.id === id);
    whole = Boolean(choice);
    if (!whole) break;
    steps.push({ node, choice });
    place = choice.to;
  }
  const at = (list) => list.find((candidate) => candidate.id === place) ?? null;
  return { steps, node: at(item.nodes), ending: at(item.endings), whole };
}

/** Return the value of the best ending still to be reached from *place*. */
function bestValue(item, answer, place) {
  const node = item.nodes.find((candidate) => candidate.id === place);
  if (!node) return answer.values[place];
  return Math.max(...node.choices.map((choice) => bestValue(item, answer, choice.to)));
}

function branchPath(context, walk) {
  if (!walk.steps.length) return null;
  const title = make("p", { class: "sm-label", id: uid("path") }, context.say("path"));
  const steps = walk.steps.map(({ node, choice }) =>
    make(
      "li",
      {},
      markup("div", { class: "sm-prose" }, inLanguage(node.text, context.language)),
      make("p", { class: "sm-taken" }, icon("right"), markup("span", {}, inLanguage(choice.text, context.language))),
    ));
  return make("div", { class: "sm-path" }, title, make("ol", { "aria-labelledby": title.id }, ...steps));
}

function branchEnding(context, walk, ways) {
  const ending = make(
    "div",
    { class: "sm-ending", tabindex: "-1", "data-here": true, "data-focus": "here" },
    make("p", { class: "sm-label" }, context.say("ending")),
    markup("div", { class: "sm-prose" }, inLanguage(walk.ending.text, context.language)),
  );
  return make("div", {}, ending, ways.length ? make("div", { class: "sm-buttons" }, ...ways) : null);
}

function branchNode(context, walk, ways) {
  const problem = make("p", { class: "sm-problem", hidden: true });
  let picked = null;
  const list = optionList(context, {
    type: "radio", options: walk.node.choices, key: "choice",
    pick: (id) => { picked = id; },
  });
  const go = make("button", {
    type: "button", class: "sm-button", "data-focus": "go",
    click: (event) => {
      const element = event.target.closest(".sm-branch");
      if (picked) {
        context.change([...walk.steps.map((step) => step.choice.id), picked]);
        // The control just used is gone: what comes next is read from its beginning.
        element.querySelector("[data-here]")?.focus();
        return;
      }
      problem.textContent = context.say("pick");
      problem.hidden = false;
      context.announce(problem.textContent);
      list.inputs.values().next().value.focus();
    },
  }, context.say("go"));
  const step = make("p", { class: "sm-label" }, context.say("step", { n: walk.steps.length + 1 }));
  const here = make(
    "div",
    { class: "sm-here", id: uid("here"), tabindex: "-1", "data-here": true, "data-focus": "here" },
    step,
    markup("div", { class: "sm-prose" }, inLanguage(walk.node.text, context.language)),
  );
  const legend = make("legend", { class: "sm-unseen" }, step.textContent);
  const group = make("fieldset", { class: "sm-node", "aria-describedby": here.id }, legend, list.element);
  return make("div", {}, here, group, problem, make("div", { class: "sm-buttons" }, go, ...ways));
}

/** Make the ways back; after one decision, going back is starting over. */
function branchWays(context, element, walk) {
  const way = (word, path) =>
    make("button", {
      type: "button", class: "sm-button sm-quiet", "data-focus": word,
      click: () => {
        context.change(path.length ? path : null);
        element.querySelector("[data-here]")?.focus();
        if (!path.length) context.announce(context.say("restarted"));
      },
    }, context.say(word));
  const back = walk.steps.slice(0, -1).map((step) => step.choice.id);
  return back.length ? [way("back", back), way("restart", [])] : [way("restart", [])];
}
