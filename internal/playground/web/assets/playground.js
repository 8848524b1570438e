"use strict";
// The page: where a picture comes from, and what the model makes of it. backend.js runs
// the models.
const $ = id => document.getElementById(id);
let models = [], latencies = [];

// make returns an element with attributes and children.
function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

function svg(tag, attributes = {}, text = "") {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.textContent = text;
  return e;
}

// digits is x with n significant digits, without the exponent that toPrecision may have.
const digits = (x, n) => x === null ? "–" : String(Number(Number(x).toPrecision(n)));

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

// Where the picture comes from: tabs, as WAI-ARIA's authoring practices have them.
const tabs = [...document.querySelectorAll("[role=tab]")];
function show(tab) {
  for (const t of tabs) {
    t.setAttribute("aria-selected", t === tab);
    t.tabIndex = t === tab ? 0 : -1;
    $(t.getAttribute("aria-controls")).hidden = t !== tab;
  }
  if (tab.id !== "tab-camera") stopCamera();
}
for (const tab of tabs) {
  tab.onclick = () => show(tab);
  tab.onkeydown = event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    show(next);
    next.focus();
  };
}

// A file, chosen or dropped.
function open(file) {
  if (!file) return;
  URL.revokeObjectURL($("chosen").src);
  $("chosen").src = URL.createObjectURL(file);
  $("chosen").hidden = false;
  $("chosen").alt = "the picture " + file.name;
  classify(file);
}
$("file").onchange = () => open($("file").files[0]);
$("drop").ondragover = event => { event.preventDefault(); $("drop").classList.add("over"); };
$("drop").ondragleave = () => $("drop").classList.remove("over");
$("drop").ondrop = event => {
  event.preventDefault();
  $("drop").classList.remove("over");
  open(event.dataTransfer.files[0]);
};

// The camera.
let stream = null;
function stopCamera() {
  if (stream) for (const track of stream.getTracks()) track.stop();
  stream = null;
  $("video").srcObject = null;
  $("shoot").disabled = true;
}
$("camera").onclick = async () => {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: true });
  } catch (error) {
    return say("No camera: " + error.message, true);
  }
  $("video").srcObject = stream;
  $("shoot").disabled = false;
};
$("shoot").onclick = () => {
  const video = $("video"), canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob(classify, "image/png");
};

// A drawing: white on black.
const canvas = $("canvas"), drawing = canvas.getContext("2d", { willReadFrequently: true });
const pen = { x: 128, y: 128, down: false };
function clear() {
  drawing.fillStyle = "#000";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
}
function line(fromX, fromY, toX, toY) {
  Object.assign(drawing, { strokeStyle: "#fff", lineWidth: 26, lineCap: "round" });
  drawing.beginPath();
  drawing.moveTo(fromX, fromY);
  drawing.lineTo(toX, toY);
  drawing.stroke();
}
function place(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
}
canvas.onpointerdown = event => {
  canvas.setPointerCapture(event.pointerId);
  [pen.x, pen.y] = place(event);
  pen.down = true;
  line(pen.x, pen.y, pen.x, pen.y);
};
canvas.onpointermove = event => {
  if (!pen.down) return;
  const [x, y] = place(event);
  line(pen.x, pen.y, x, y);
  [pen.x, pen.y] = [x, y];
};
canvas.onpointerup = canvas.onpointercancel = () => { pen.down = false; };
canvas.onkeydown = event => {
  const step = { ArrowLeft: [-16, 0], ArrowRight: [16, 0], ArrowUp: [0, -16], ArrowDown: [0, 16] }[event.key];
  if (event.key === " ") {
    pen.down = !pen.down;
    if (pen.down) line(pen.x, pen.y, pen.x, pen.y);
  } else if (step) {
    const x = Math.min(Math.max(pen.x + step[0], 0), 256), y = Math.min(Math.max(pen.y + step[1], 0), 256);
    if (pen.down) line(pen.x, pen.y, x, y);
    [pen.x, pen.y] = [x, y];
  } else return;
  event.preventDefault();
  $("pen").textContent = `Pen ${pen.down ? "down" : "up"} at ${Math.round(pen.x / 16)}, ${Math.round(pen.y / 16)} of 16.`;
};
$("clear").onclick = clear;
$("classify").onclick = () => ($("coarse").checked ? coarse() : canvas).toBlob(classify, "image/png");

// coarse is the drawing as the digits of UCI are: cut to what is drawn, of 8 × 8 pixels
// each of which is the mean of its place, and enlarged to 64 × 64 without smoothing.
function coarse() {
  const pixels = drawing.getImageData(0, 0, 256, 256).data;
  let left = 256, top = 256, right = -1, bottom = -1;
  for (let i = 0; i < 256 * 256; i++) {
    if (pixels[4 * i] < 128) continue;
    const x = i % 256, y = i >> 8;
    left = Math.min(left, x); right = Math.max(right, x);
    top = Math.min(top, y); bottom = Math.max(bottom, y);
  }
  const small = make("canvas", { width: 64, height: 64 }), out = small.getContext("2d");
  out.fillStyle = "#000";
  out.fillRect(0, 0, 64, 64);
  if (right < 0) return small;
  const side = Math.max(right - left, bottom - top) + 1;
  const x0 = (left + right + 1 - side) / 2, y0 = (top + bottom + 1 - side) / 2;
  for (let cell = 0; cell < 64; cell++) {
    const column = cell % 8, row = cell >> 3;
    let sum = 0, n = 0;
    for (let y = Math.ceil(y0 + row * side / 8); y < y0 + (row + 1) * side / 8; y++)
      for (let x = Math.ceil(x0 + column * side / 8); x < x0 + (column + 1) * side / 8; x++, n++)
        if (x >= 0 && y >= 0 && x < 256 && y < 256) sum += pixels[4 * (y * 256 + x)];
    const grey = Math.round(sum / Math.max(n, 1));
    out.fillStyle = `rgb(${grey},${grey},${grey})`;
    out.fillRect(column * 8, row * 8, 8, 8);
  }
  return small;
}

// What the model makes of it.
let running = false;
async function classify(picture) {
  if (running) return;
  running = true;
  say("Classifying …");
  try {
    const result = await backend.run($("model").value, picture);
    answer(result);
    const best = result.top[0];
    say(`${best.label || "class " + best.class}, ${(100 * best.probability).toFixed(1)} %`);
    measured(result.ms);
  } catch (error) {
    say(error.message, true);
  } finally {
    running = false;
  }
}

function answer(result) {
  $("answer").hidden = false;
  $("classes").tBodies[0].replaceChildren(...result.top.map(c => {
    const bar = svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
    bar.append(svg("rect", { width: 100 * c.probability, height: 10 }));
    return make("tr", {}, make("td", { class: "name" }, c.label || "class " + c.class),
      make("td", { class: "n" }, (100 * c.probability).toFixed(2) + " %"), make("td", { class: "bars" }, bar),
      make("td", { class: "n" }, digits(c.logit, 4)));
  }));
  $("times").textContent = `Inference took ${digits(result.ms, 3)} ms, decoding and preprocessing ${digits(result.prepare_ms, 3)} ms.`;
  $("stages").replaceChildren(...result.stages.map(s => figure(s.image, `step ${s.name}`,
    make("b", {}, s.name), ` ${s.width} × ${s.height}, ${s.dtype} from ${digits(s.min, 3)} to ${digits(s.max, 3)}`)));
  $("forms").replaceChildren(...forms(result.forms));
  $("layers").replaceChildren(...layers(result.layers));
}

function figure(image, alt, ...caption) {
  return make("figure", {}, make("img", { src: image, alt }), make("figcaption", {}, ...caption));
}

function forms(f) {
  if (!f) return [];
  return [make("h2", {}, "Split and fused"),
    make("p", {}, `Mixed depthwise convolutions as Split, depthwise Conv and Concat took ${digits(f.split_ms, 3)} ms, ` +
      `as one operator ${digits(f.fused_ms, 3)} ms. The largest difference of an output is ${digits(f.max_abs, 2)}.`)];
}

function layers(list) {
  if (list.length === 0) return [];
  return [make("h2", {}, "Mixed depthwise convolutions, by kernel size"),
    make("p", {}, "How strongly the channels of each kernel size respond at each place: the mean of their magnitudes, " +
      "from black (0) to light (the layer's largest)."),
    ...list.map(l => make("div", { class: "layer" }, make("h3", {}, l.name),
      make("div", { class: "pictures" }, ...l.branches.map(b => figure(b.map, `response of ${b.kernel} in ${l.name}, mean ${digits(b.mean, 2)}`,
        make("b", {}, b.kernel), ` ${b.channels} channels, mean ${digits(b.mean, 2)}`)))))];
}

// Latency: the last sixty pictures of this page, and the means of what other callers had
// run meanwhile, where the backend tells.
function measured(ms, others = false) {
  latencies = [...latencies, { ms, others }].slice(-60);
  const sorted = latencies.map(l => l.ms).sort((a, b) => a - b), top = sorted[sorted.length - 1] * 1.15;
  $("latency").textContent = `The last ${latencies.length} of this page's pictures${latencies.some(l => l.others) ? ", and means of other callers (rings)" : ""}: ` +
    `median ${digits(sorted[sorted.length >> 1], 3)} ms, from ${digits(sorted[0], 3)} to ${digits(sorted[sorted.length - 1], 3)} ms.`;
  const x = i => 50 + 540 * (i + .5) / Math.max(latencies.length, 10), y = v => 120 - 110 * v / top;
  const chart = $("chart");
  chart.replaceChildren();
  for (const part of [0, .5, 1]) {
    chart.append(svg("line", { class: "grid", x1: 50, x2: 590, y1: y(part * top), y2: y(part * top) }),
      svg("text", { x: 45, y: y(part * top) + 4, "text-anchor": "end" }, digits(part * top, 2) + " ms"));
  }
  chart.append(svg("polyline", { class: "curve", points: latencies.map((l, i) => `${x(i)},${y(l.ms)}`).join(" ") }));
  latencies.forEach((l, i) => chart.append(svg("circle", { class: l.others ? "others" : "", cx: x(i), cy: y(l.ms), r: 3 })));
}

let last = null;
async function watch() {
  const model = $("model").value;
  try {
    const now = { model, ...await backend.statistics(model) };
    if (last && last.model === model && now.count > last.count) measured((now.ms - last.ms) / (now.count - last.count), true);
    last = now;
  } catch { last = null; /* the model is being replaced, or the server is gone, which the next picture says */ }
}

// The models.
function describe(m) {
  const rows = Object.entries(m.metadata).map(([key, value]) =>
    make("tr", {}, make("td", { class: "what" }, key), make("td", { class: "name" }, make("div", { class: "clip" }, value))));
  return make("details", {}, make("summary", {}, `${m.name}: ${m.size} × ${m.size} pixels, ${m.classes.length || "unnamed"} classes`),
    make("div", { class: "scroll" }, make("table", {}, make("tbody", {}, ...rows))));
}
$("model").onchange = () => {
  const m = models.find(m => m.name === $("model").value);
  $("coarse").checked = m !== undefined && m.classes.length === 10 && m.size === 64;
};
async function start() {
  $("where").textContent = backend.where;
  try {
    models = await backend.models();
  } catch (error) {
    return say(error.message, true);
  }
  $("model").replaceChildren(...models.map(m => make("option", { value: m.name }, m.name)));
  $("models").replaceChildren(...models.map(describe));
  $("model").onchange();
  if (models.length) {
    if (backend.statistics) setInterval(watch, 2000);
    return say("");
  }
  say("No model takes pictures yet: they are being loaded, or do not say in their metadata how pictures are prepared.");
  setTimeout(start, 1000);
}
clear();
start();
