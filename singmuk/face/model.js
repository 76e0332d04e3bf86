/** Return a model with the five methods the face needs, over a plain object; `save` is given the model. */
function plainModel(values, save) {
  const listeners = new Map();
  const model = {
    get: (key) => values[key],
    set(key, value) {
      if (JSON.stringify(values[key] ?? null) === JSON.stringify(value ?? null)) return;
      values[key] = value;
      for (const listener of listeners.get(`change:${key}`) ?? []) listener();
    },
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => listeners.set(event, (listeners.get(event) ?? []).filter((one) => one !== listener)),
    save_changes: () => save(model),
  };
  return model;
}
