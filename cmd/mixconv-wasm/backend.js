"use strict";
// What the page asks of the engine, which runs in it as WebAssembly.
const backend = {
  where: "The engine and the model run in this page, as WebAssembly: no picture leaves it.",

  async models() {
    const ready = new Promise(resolve => addEventListener("mixconv", resolve, { once: true }));
    const go = new Go(), [program, list] = await Promise.all([
      WebAssembly.instantiateStreaming(fetch("mixconv.wasm"), go.importObject),
      fetch("models.json").then(r => r.json()),
    ]);
    go.run(program.instance);
    await ready;
    return Promise.all(list.map(async file => {
      const data = new Uint8Array(await (await fetch(file)).arrayBuffer());
      return JSON.parse(await mixconv.open(file.replace(/\.onnx$/, ""), data));
    }));
  },

  async run(model, picture) {
    return JSON.parse(await mixconv.run(model, new Uint8Array(await picture.arrayBuffer())));
  },
};
