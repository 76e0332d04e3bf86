/** What the kernel keeps. */
const TO_KEEP = ["response", "confidence"];
/** Milliseconds after which a silent kernel is spoken of. */
const PATIENCE = 10_000;

/** Show an item in a notebook: a change is on its way until the kernel has said that it is kept. */
function host({ model, el }) {
  let timer = null;
  const doubt = () => {
    if (model.get("status") === "keeping") model.set("status", "silent");
  };
  const watched = {
    get: (key) => model.get(key),
    on: (event, listener) => model.on(event, listener),
    off: (event, listener) => model.off(event, listener),
    save_changes: () => model.save_changes(),
    set(key, value) {
      if (TO_KEEP.includes(key)) {
        model.set("status", "keeping");
        clearTimeout(timer);
        timer = setTimeout(doubt, PATIENCE);
      }
      model.set(key, value);
    },
  };
  keepShortcutsOut(el);
  el.setAttribute("data-singmuk-item", model.get("item").id);
  return render({ model: watched, el });
}
