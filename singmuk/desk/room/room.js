// The room's page: begins jobs, shows how far they are, and brings the numbers up to date without losing the place.
"use strict";
(function () {
  const PACE = 400; // milliseconds between two questions on how far a job is
  const REST = 20000; // and on the numbers, while nothing is under way
  const base = document.body.dataset.base;
  const lost = document.querySelector(".sr-lost");

  async function ask(address, options) {
    const headers = { Accept: "application/json", ...(options && options.headers) };
    const answer = await fetch(address, { credentials: "same-origin", ...options, headers });
    const data = await answer.json();
    if (!answer.ok && answer.status !== 202) throw Object.assign(new Error(data.error), { told: data.error, status: answer.status });
    return data;
  }

  function answers(yes, said = lost.dataset.lost) {
    lost.hidden = yes;
    lost.textContent = yes ? "" : said;
  }

  // What a job says -------------------------------------------------------------------------------------------------

  function made(name, text, parent, attributes) {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    parent.append(element);
    return element;
  }

  function show(box, job) {
    const bar = box.querySelector("progress");
    bar.hidden = job.over;
    bar.setAttribute("aria-label", job.title);
    if (job.of) {
      bar.max = job.of;
      bar.value = job.done;
    } else {
      bar.removeAttribute("value");
    }
    // Numbers that run are for the bar; a status that changed at every step would talk without end.
    const key = `${job.id} ${job.state}`;
    const told = box.querySelector(".sr-told");
    if (box.dataset.shown !== key) {
      box.dataset.shown = key;
      told.dataset.tone = job.state;
      told.replaceChildren();
      made("p", job.title, told, { class: "sr-job-title" });
      const list = document.createElement("ul");
      if (job.over || job.state === "waiting") for (const line of job.lines) made("li", line, list);
      told.append(list);
      if (job.fault.length) {
        const fault = made("p", "", told, { class: "sr-fault", lang: "en-HK" });
        job.fault.forEach((part, index) => (index % 2 ? made("code", part, fault) : fault.append(part)));
      }
    }
    let far = box.querySelector(".sr-far");
    if (!far) far = made("p", "", box, { class: "sr-far", "aria-hidden": "true" });
    far.textContent = job.state === "running" ? job.lines.join(" ") : "";
    box.dataset.id = job.id;
    box.dataset.over = job.over ? "yes" : "no";
  }

  function complain(box, text) {
    const told = box.querySelector(".sr-told");
    delete box.dataset.shown;
    told.dataset.tone = "failed";
    told.replaceChildren();
    made("p", text, told, { class: "sr-job-title" });
  }

  function hold(card, busy) {
    for (const button of card.querySelectorAll("form[data-job] button")) {
      if (busy) button.setAttribute("aria-disabled", "true");
    }
  }

  async function follow(box) {
    if (box.following) return;
    box.following = true;
    const card = box.closest("article");
    while (box.dataset.over === "no") {
      hold(card, true);
      try {
        show(box, await ask(`${base}jobs/${box.dataset.id}`));
        answers(true);
      } catch (fault) {
        if (fault.status) {
          complain(box, fault.told);
          break;
        }
        answers(false);
      }
      if (box.dataset.over === "no") await new Promise((done) => setTimeout(done, PACE));
    }
    box.following = false;
    await refresh();
  }

  // Buttons ---------------------------------------------------------------------------------------------------------

  async function begin(event) {
    const form = event.target;
    if (!form.matches("form[data-job]")) return;
    event.preventDefault();
    const button = event.submitter;
    if (button && button.getAttribute("aria-disabled") === "true") return;
    const card = form.closest("article");
    const box = card.querySelector(".sr-job");
    const body = new URLSearchParams(new FormData(form, button));
    hold(card, true);
    try {
      show(box, await ask(form.getAttribute("action"), { method: "POST", body }));
      answers(true);
    } catch (fault) {
      if (fault.status) complain(box, fault.told);
      else answers(false);
      await refresh();
      return;
    }
    box.scrollIntoView({ block: "nearest" });
    follow(box);
  }

  // Numbers ---------------------------------------------------------------------------------------------------------

  function same(element, other) {
    return element.innerHTML === other.innerHTML;
  }

  function bring(fresh) {
    for (const element of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(element.id);
      if (other && !same(element, other) && !element.contains(document.activeElement)) {
        element.replaceChildren(...Array.from(other.childNodes, (node) => document.importNode(node, true)));
      }
    }
    for (const element of document.querySelectorAll("[data-state]")) {
      const other = fresh.getElementById(element.id);
      if (!other) continue;
      for (const name of ["class", "aria-disabled", "data-next", "hidden"]) {
        if (other.hasAttribute(name)) element.setAttribute(name, other.getAttribute(name));
        else element.removeAttribute(name);
      }
    }
    for (const box of document.querySelectorAll(".sr-job")) {
      const other = fresh.getElementById(box.id);
      // Begun in another tab.
      if (other && other.dataset.id && other.dataset.id !== box.dataset.id) {
        box.dataset.id = other.dataset.id;
        box.dataset.over = "no";
      }
      if (box.dataset.over === "no") follow(box);
    }
  }

  async function refresh() {
    try {
      // A way to the sign-in is not followed: a page of the hub's is no news of the room.
      const answer = await fetch(base, { credentials: "same-origin", redirect: "manual" });
      if (answer.ok) bring(new DOMParser().parseFromString(await answer.text(), "text/html"));
      answers(answer.type !== "opaqueredirect", lost.dataset.out);
    } catch {
      answers(false);
    }
  }

  document.addEventListener("submit", begin);
  for (const box of document.querySelectorAll(".sr-job")) {
    if (box.dataset.over === "no") follow(box);
  }
  addEventListener("focus", refresh);
  setInterval(() => document.hidden || refresh(), REST);
})();
