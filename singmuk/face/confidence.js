/** Lowest figures of each band of sureness, highest first; the words stand in the word list. */
const SURENESS = [100, 95, 85, 75, 65, 55, 50];

/** Return what a percentage means: "quite sure". */
function sureness(percent, language) {
  const band = SURENESS.find((least) => percent >= least) ?? 50;
  return say(`confidence.${band}`, language);
}

/** Return a whole step from 50 to 100, or null for anything else. */
function asConfidence(value) {
  if (String(value).trim() === "") return null;
  const number = Math.round(Number(value) / 5) * 5;
  return number >= 50 && number <= 100 ? number : null;
}

/**
 * Make the pair of slider and number field; `show` brings both to a value.
 * @returns {{element: HTMLElement, show: (percent: number|null) => void}}
 */
function confidenceControl({ language, change, announce }) {
  const hint = uid("hint");
  const problem = make("p", { class: "sm-problem", id: uid("problem"), hidden: true });
  const meaning = make("output", { class: "sm-meaning" });
  // The slider is not a child of the output, and the output does not speak: the slider's own value text does.
  meaning.setAttribute("aria-live", "off");
  const slider = make("input", {
    type: "range", min: 50, max: 100, step: 5,
    "aria-label": say("confidence.slider", language), "aria-describedby": hint, "data-focus": "sure-slider",
  });
  const field = make("input", {
    type: "number", min: 50, max: 100, step: 5, inputmode: "numeric",
    "aria-describedby": `${hint} ${problem.id}`, "data-focus": "sure-field",
  });
  const commit = () => change(asConfidence(slider.value));
  slider.addEventListener("input", commit);
  // A click or key that leaves the thumb where it stood is still an answer.
  slider.addEventListener("pointerup", commit);
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") commit();
  });
  field.addEventListener("change", () => {
    const percent = asConfidence(field.value);
    const failed = percent === null && (field.value !== "" || field.validity.badInput);
    problem.textContent = failed ? say("confidence.range", language) : "";
    problem.hidden = !failed;
    field.setAttribute("aria-invalid", String(failed));
    if (failed) announce(problem.textContent);
    else {
      change(percent);
      announce(meaning.textContent);
    }
  });

  const show = (percent) => {
    const words = percent === null
      ? say("confidence.unset", language)
      : say("confidence.value", language, { n: percent, text: sureness(percent, language) });
    slider.value = String(percent ?? 75);
    slider.classList.toggle("sm-unset", percent === null);
    slider.setAttribute("aria-valuetext", words);
    field.value = percent === null ? "" : String(percent);
    meaning.textContent = words;
    problem.hidden = true;
    field.removeAttribute("aria-invalid");
  };
  const element = make(
    "fieldset",
    { class: "sm-confidence" },
    make("legend", {}, say("confidence.legend", language)),
    make("p", { class: "sm-hint", id: hint }, say("confidence.hint", language)),
    make(
      "div",
      { class: "sm-sure" },
      slider,
      make("label", { class: "sm-percent" }, make("span", { class: "sm-aside" }, say("confidence.field", language)), field, "%"),
      meaning,
    ),
    problem,
  );
  return { element, show };
}
