// The page: what is drawn and clicked goes to the module, what the module computes is drawn. No framework, no other requests than the module.

const $ = (id) => document.getElementById(id);
const SIDE = 28; // Pixels of a picture, each way.
const MAP = 26; // Of what a filter gives.
const FILTERS = 8;

// A function that splats a vector: a browser that takes it has the instructions of the faster module.
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);

async function load() {
  const asked = new URLSearchParams(location.search).get("simd");
  const simd = asked !== "0" && WebAssembly.validate(SIMD);
  const response = await fetch(simd ? "kseq-simd.wasm" : "kseq.wasm");
  if (!response.ok) throw new Error(`${response.url}: ${response.status}. \`cargo xtask web\` builds it.`);
  const bytes = await response.arrayBuffer();
  const { instance } = await WebAssembly.instantiate(bytes);
  return { kseq: instance.exports, simd, size: bytes.byteLength };
}

// What the style sheet says, as numbers; it changes with the scheme.
let colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "ink", "accent", "soft", "grid", "first", "second", "middle"]) {
    const hex = style.getPropertyValue(`--${name}`).trim();
    colours[name] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  }
}
const css = (rgb) => `rgb(${rgb.join(" ")})`;

// A canvas in the pixels of the screen. Returns its context, in which lengths are those of the page.
function sharp(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

// Fills a small canvas: `shade(i)` between 0 and 1 is a colour between those two, or with three between the first and the last through
// the middle one.
function paint(canvas, side, shade, low, high, middle) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    let value = shade(i);
    let [from, to] = [low, high];
    if (middle) {
      [from, to] = value < 0.5 ? [low, middle] : [middle, high];
      value = value < 0.5 ? 2 * value : 2 * value - 1;
    }
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = from[c] + (to[c] - from[c]) * value;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// Strokes as MNIST has them: what is drawn fits a box of 20 x 20 pixels, with soft edges, and its centre of mass is the picture's centre.
const BOX = 20;
const PEN = 2.3; // The width of a stroke in pixels.
const FINE = 8; // Each pixel is the mean of 8 x 8.
const DOT = 0.25; // What is smaller than this share of the pad is not made larger.
const raster = new OffscreenCanvas(SIDE * FINE, SIDE * FINE).getContext("2d", { willReadFrequently: true });

function rasterised(strokes, scale, [left, top]) {
  raster.setTransform(1, 0, 0, 1, 0, 0);
  raster.clearRect(0, 0, SIDE * FINE, SIDE * FINE);
  raster.setTransform(FINE, 0, 0, FINE, 0, 0);
  [raster.lineWidth, raster.lineCap, raster.lineJoin] = [PEN, "round", "round"];
  raster.beginPath();
  trace(raster, strokes, (x, y) => [x * scale + left, y * scale + top]);
  raster.stroke();
  const { data } = raster.getImageData(0, 0, SIDE * FINE, SIDE * FINE);
  const pixels = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE * FINE; y++) {
    for (let x = 0; x < SIDE * FINE; x++) {
      pixels[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] += data[4 * (y * SIDE * FINE + x) + 3] / (FINE * FINE);
    }
  }
  return pixels;
}

function trace(context, strokes, place) {
  for (const stroke of strokes) {
    context.moveTo(...place(...stroke[0]));
    // (A line to where it begins is a dot.)
    for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(...place(x, y));
  }
}

function picture(strokes) {
  const points = strokes.flat();
  if (points.length === 0) return new Float32Array(SIDE * SIDE);
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const range = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const [[x0, x1], [y0, y1]] = [range(xs), range(ys)];
  const scale = (BOX - PEN) / Math.max(x1 - x0, y1 - y0, DOT);
  const middle = [SIDE / 2 - scale * (x0 + x1) / 2, SIDE / 2 - scale * (y0 + y1) / 2];
  const pixels = rasterised(strokes, scale, middle);
  const mass = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass[0] += value;
    mass[1] += value * ((i % SIDE) + 0.5);
    mass[2] += value * (Math.floor(i / SIDE) + 0.5);
  });
  return rasterised(strokes, scale, [middle[0] + SIDE / 2 - mass[1] / mass[0], middle[1] + SIDE / 2 - mass[2] / mass[0]]);
}

// The first panel. Strokes are in parts of the pad's width.
function digits(kseq) {
  const pad = $("pad");
  let strokes = [];
  let sample = 7; // The digit whose picture is shown, or null.
  let pen = { x: 0.5, y: 0.25, down: false, shown: false };

  const bars = Array.from({ length: 10 }, (_, digit) => {
    const bar = document.createElement("li");
    bar.innerHTML = `<span>${digit}</span><span class="track" aria-hidden="true"><div class="fill"></div></span><span class="percent"></span>`;
    $("bars").append(bar);
    const button = document.createElement("button");
    [button.type, button.textContent] = ["button", digit];
    button.setAttribute("aria-label", `Test picture of a ${digit}`);
    button.addEventListener("click", () => take(digit));
    $("samples").append(button);
    return bar;
  });
  const maps = Array.from({ length: 1 + FILTERS }, (_, i) => {
    const map = document.createElement("canvas");
    map.setAttribute("role", "img");
    map.setAttribute("aria-label", i === 0 ? "The picture" : `Filter ${i}`);
    $("maps").append(map);
    return map;
  });
  const small = document.createElement("canvas");

  function drawPad() {
    const { context, width, height } = sharp(pad);
    if (sample !== null) {
      paint(small, SIDE, (i) => pixels()[i] / 255, colours.paper, colours.ink);
      context.imageSmoothingQuality = "high";
      context.drawImage(small, 0, 0, width, height);
    }
    [context.lineWidth, context.lineCap, context.lineJoin] = [width * 0.06, "round", "round"];
    context.strokeStyle = css(colours.ink);
    context.beginPath();
    trace(context, strokes, (x, y) => [x * width, y * width]);
    context.stroke();
    if (pen.shown) {
      context.beginPath();
      context.arc(pen.x * width, pen.y * width, width * 0.045, 0, 2 * Math.PI);
      [context.strokeStyle, context.fillStyle, context.lineWidth] = [css(colours.accent), css(colours.accent), 2.5];
      if (pen.down) context.fill();
      else context.stroke();
    }
  }

  const pixels = () => new Uint8Array(kseq.memory.buffer, kseq.pixels(), SIDE * SIDE);

  function see() {
    if (sample === null) pixels().set(picture(strokes).map(Math.round));
    else kseq.sample(sample);
    drawPad();
    const blank = sample === null && strokes.length === 0;
    const found = blank ? -1 : kseq.classify();
    const values = new Float32Array(kseq.memory.buffer, kseq.probabilities(), 10);
    bars.forEach((bar, digit) => {
      const value = blank ? 0 : values[digit];
      bar.classList.toggle("best", digit === found);
      bar.querySelector(".fill").style.transform = `scaleX(${value})`;
      bar.querySelector(".percent").textContent = blank ? "" : `${(100 * value).toFixed(1)} %`;
    });
    const seen = new Float32Array(kseq.memory.buffer, kseq.activations(), MAP * MAP * FILTERS);
    const most = blank ? Infinity : seen.reduce((a, b) => Math.max(a, b), 1e-9);
    paint(maps[0], SIDE, (i) => pixels()[i] / 255, colours.paper, colours.ink);
    maps.slice(1).forEach((map, filter) => paint(map, MAP, (i) => seen[i * FILTERS + filter] / most, colours.paper, colours.accent));
    return found < 0 ? "" : `A ${found}, ${(100 * values[found]).toFixed(0)} %`;
  }

  // Said aloud at the end of a stroke, not at each of its points.
  const say = (text) => { $("verdict").textContent = text; };

  function take(digit) {
    [sample, strokes, pen.down] = [digit, [], false];
    say(see());
  }

  function begin(point) {
    sample = null;
    strokes.push([point]);
    see();
  }

  $("clear").addEventListener("click", () => take(null));

  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width];
  };
  let pointer = null;
  pad.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    [pen.shown, pen.down] = [false, false];
    begin(place(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(all.length > 0 ? all : [event]).map(place));
    see();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      say(see());
    });
  }

  const STEP = 0.04;
  const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in MOVES) {
      const [x, y] = MOVES[event.key];
      const within = (value) => Math.min(Math.max(value, 0.04), 0.96);
      [pen.x, pen.y, pen.shown] = [within(pen.x + x), within(pen.y + y), true];
      if (pen.down) strokes.at(-1).push([pen.x, pen.y]);
      if (pen.down) say(see());
      else drawPad();
    } else if (event.key === " ") {
      [pen.down, pen.shown] = [!pen.down, true];
      if (pen.down) begin([pen.x, pen.y]);
      else drawPad();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      take(null);
    } else if (/^[0-9]$/.test(event.key)) {
      take(Number(event.key));
    } else {
      return;
    }
    event.preventDefault();
  });
  pad.addEventListener("focus", () => {
    pen.shown = pad.matches(":focus-visible");
    drawPad();
  });
  pad.addEventListener("blur", () => {
    [pen.shown, pen.down] = [false, false];
    drawPad();
  });

  take(sample);
  return see;
}

const grouped = (value, digits = 0) => value.toLocaleString("en-US", { maximumFractionDigits: digits });

// The second panel.
function training(kseq) {
  const surface = document.createElement("canvas");
  const checked = (name) => Number(document.querySelector(`input[name=${name}]:checked`).value);
  let running = false;
  let seed = 1;
  let steps, curve, every, sum, count, spent, marks;

  function begin() {
    if (!kseq.begin(checked("shape"), seed)) throw new Error("the module has no memory for a training");
    // The curve is a list of steps with the mean loss of so many pictures before them.
    [steps, curve, every, sum, count, spent, marks] = [0, [], 1, 0, 0, 0, []];
    for (const id of ["loss", "steps-rate", "samples-rate", "cost"]) $(id).textContent = "–";
    draw();
  }

  function rate() {
    const value = 10 ** Number($("rate").value);
    kseq.set_learning_rate(value);
    const text = value.toPrecision(2);
    $("rate-value").textContent = text;
    $("rate").setAttribute("aria-valuetext", text);
  }

  function draw() {
    const { context, width } = sharp($("plane"));
    const side = kseq.surface_side();
    const values = new Float32Array(kseq.memory.buffer, kseq.surface(), side * side);
    const upward = (i) => values[(side - 1 - Math.floor(i / side)) * side + (i % side)];
    // (Half way to the pure colours, so that the points stand out.)
    const pale = (rgb) => rgb.map((value, c) => Math.round(0.55 * value + 0.45 * colours.middle[c]));
    paint(surface, side, upward, pale(colours.first), pale(colours.second), colours.middle);
    context.imageSmoothingEnabled = true;
    context.drawImage(surface, 0, 0, width, width);
    const places = new Float32Array(kseq.memory.buffer, kseq.places(), 2 * kseq.points());
    const size = Math.max(3.2, width / 95);
    for (let i = 0; i < kseq.points(); i++) {
      const [x, y] = [0, 1].map((axis) => (0.5 + (axis ? -0.5 : 0.5) * places[2 * i + axis]) * width);
      context.beginPath();
      if (i % 2 === 0) context.arc(x, y, size, 0, 2 * Math.PI);
      else for (let k = 0; k < 3; k++) context.lineTo(x + 1.35 * size * Math.sin(2.0944 * k), y - 1.35 * size * Math.cos(2.0944 * k));
      context.closePath();
      [context.fillStyle, context.strokeStyle, context.lineWidth] = [css(i % 2 ? colours.second : colours.first), css(colours.paper), 1.2];
      context.fill();
      context.stroke();
    }
    $("steps").textContent = grouped(steps);
    $("right").textContent = `${(100 * kseq.accuracy()).toFixed(1)} %`;
    drawCurve();
  }

  // The loss on a logarithmic axis, from 1 to 0.001.
  function drawCurve() {
    const { context, width, height } = sharp($("curve"));
    const [left, right, top, bottom] = [46, width - 8, 8, height - 24];
    const end = Math.max(100, steps);
    const x = (step) => left + (right - left) * step / end;
    const y = (loss) => top + (bottom - top) * Math.min(Math.max(-Math.log10(loss) / 3, 0), 1);
    [context.font, context.fillStyle, context.strokeStyle, context.lineWidth] = ["12px system-ui, sans-serif", css(colours.soft), css(colours.grid), 1];
    [context.textAlign, context.textBaseline] = ["right", "middle"];
    for (const loss of [1, 0.1, 0.01, 0.001]) {
      line(context, [[left, y(loss)], [right, y(loss)]]);
      context.fillText(loss, left - 8, y(loss));
    }
    [context.textAlign, context.textBaseline] = ["center", "top"];
    const unit = 10 ** Math.floor(Math.log10(end));
    const tick = [0.2, 0.5, 1, 2].map((part) => part * unit).find((part) => end / part <= 6);
    for (let step = 0; step <= end; step += tick) {
      line(context, [[x(step), top], [x(step), bottom]]);
      const text = grouped(step);
      context.fillText(text, Math.min(x(step), width - context.measureText(text).width / 2), bottom + 7);
    }
    [context.strokeStyle, context.lineWidth, context.lineJoin] = [css(colours.accent), 2, "round"];
    line(context, curve.map(([step, loss]) => [x(step), y(loss)]));
    $("curve").setAttribute("aria-label", `The loss by steps: ${$("loss").textContent} after ${grouped(steps)}`);
  }

  function line(context, points) {
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.stroke();
  }

  function record(loss) {
    [sum, count] = [sum + loss, count + 1];
    if (count < every) return;
    curve.push([steps, sum / count]);
    [sum, count] = [0, 0];
    if (curve.length < 400) return;
    // Two become one.
    curve = curve.filter((_, i) => i % 2).map(([step, loss], i) => [step, (loss + curve[2 * i][1]) / 2]);
    every *= 2;
  }

  function frame(now) {
    if (!running) return;
    const pace = checked("pace");
    const start = performance.now();
    let [losses, done] = [0, 0];
    do {
      const some = pace || 20;
      losses += kseq.train(some) * some;
      done += some;
    } while (!pace && performance.now() - start < 12);
    const each = (performance.now() - start) / done;
    spent = spent === 0 ? each : 0.95 * spent + 0.05 * each;
    steps += done;
    record(losses / done);
    $("loss").textContent = (losses / done).toPrecision(3);
    // Over the last second.
    marks.push([now, steps]);
    while (now - marks[0][0] > 1000) marks.shift();
    const [time, first] = marks[0];
    if (now > time) {
      const perSecond = 1000 * (steps - first) / (now - time);
      $("steps-rate").textContent = grouped(perSecond);
      $("samples-rate").textContent = grouped(perSecond * kseq.batch());
      $("cost").textContent = grouped(1000 * spent, 1);
    }
    draw();
    requestAnimationFrame(frame);
  }

  $("run").addEventListener("click", () => {
    [running, marks] = [!running, []];
    $("run").textContent = running ? "Stop" : "Start";
    if (running) requestAnimationFrame(frame);
  });
  $("reset").addEventListener("click", () => {
    seed += 1;
    begin();
  });
  for (const radio of document.querySelectorAll("input[name=shape]")) radio.addEventListener("change", begin);
  $("rate").addEventListener("input", rate);
  $("about-network").textContent =
    `${grouped(kseq.parameters())} parameters in dense layers, 2 → 24 → 24 → 1; Adam, ${kseq.batch()} of the ${kseq.points()} points a step.`;
  begin();
  rate();
  return draw;
}

async function start() {
  readColours();
  const { kseq, simd, size } = await load();
  const all = [digits(kseq), training(kseq)];
  const again = () => all.forEach((draw) => draw());
  window.addEventListener("resize", again);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    again();
  });
  $("about").textContent =
    `The module: ${grouped(size / 1000)} KB of WebAssembly with all weights, ${simd ? "with" : "without"} vector instructions.`;
  document.documentElement.dataset.ready = simd ? "simd" : "scalar";
}

start().catch((error) => {
  $("error").hidden = false;
  $("error").textContent = `The page does not run: ${error.message}`;
});
