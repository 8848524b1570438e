"use strict";
// What the page asks of the server it came from. The page for WebAssembly has another
// file of this name, with the same functions.
const backend = {
  where: "The models run in the server that sent this page.",

  async json(response) {
    const text = await response.text();
    let value = null;
    try { value = JSON.parse(text); } catch { /* said below */ }
    if (!response.ok || value === null) throw new Error((value && value.error) || `${response.status} ${text.slice(0, 200)}`);
    return value;
  },

  async models() { return this.json(await fetch("playground/models")); },

  // statistics are how many runs all callers had, and how long they took together.
  async statistics(model) {
    const { inference_stats: all } = (await this.json(await fetch(`v2/models/${encodeURIComponent(model)}/stats`))).model_stats[0];
    return { count: all.compute_infer.count, ms: all.compute_infer.ns / 1e6 };
  },

  async run(model, picture) {
    return this.json(await fetch("playground/run?model=" + encodeURIComponent(model), { method: "POST", body: picture }));
  },
};
