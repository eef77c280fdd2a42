// node page.mjs SITE PICTURES: the page in Chromium, with mouse, fingers and keys, in light and dark, with and without vectors.
import { strict as assert } from "node:assert";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { chromium } from "playwright-core";

const [site, pictures] = process.argv.slice(2);
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".wasm": "application/wasm" };
const served = ["index.html", "style.css", "page.js", "kseq.wasm", "kseq-simd.wasm"];

const server = createServer((request, response) => {
  const name = new URL(request.url, "http://here").pathname.slice(1) || "index.html";
  if (!served.includes(name)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(name)] }).end(readFileSync(`${site}/${name}`));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}/`;
mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// Digits as somebody draws them, in parts of the pad's width.
const circle = Array.from({ length: 25 }, (_, i) => [0.5 - 0.18 * Math.sin(i * Math.PI / 12), 0.5 - 0.3 * Math.cos(i * Math.PI / 12)]);
const DRAWN = [
  [0, [circle]],
  [1, [[[0.53, 0.15], [0.5, 0.5], [0.48, 0.85]]]],
  [4, [[[0.35, 0.2], [0.3, 0.5], [0.7, 0.52]], [[0.66, 0.2], [0.62, 0.55], [0.6, 0.88]]]],
  [7, [[[0.28, 0.22], [0.72, 0.2], [0.56, 0.5], [0.44, 0.85]]]],
  [2, [[[0.3, 0.33], [0.36, 0.2], [0.52, 0.15], [0.67, 0.23], [0.68, 0.38], [0.55, 0.58], [0.3, 0.82], [0.5, 0.79], [0.72, 0.82]]]],
];

async function open(path, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => message.type() !== "log" && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => /^data:/.test(request.url()) || request.url().startsWith(origin) || wrong.push(request.url()));
  page.setDefaultTimeout(30_000);
  await page.goto(origin + path);
  await page.waitForSelector("html[data-ready]");
  await fits(page);
  const close = async () => {
    assert.deepEqual(wrong, [], "errors of the page, or requests to others");
    await context.close();
  };
  return { page, close, said: () => page.textContent("#verdict"), ready: () => page.getAttribute("html", "data-ready") };
}

async function fits(page) {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= screen, `the page is ${content} wide, the screen ${screen}`);
}

// Where the points of a stroke are on the screen.
async function on(page, stroke) {
  await page.locator("#pad").scrollIntoViewIfNeeded();
  const { x, y, width } = await page.locator("#pad").boundingBox();
  return stroke.map(([a, b]) => ({ x: x + a * width, y: y + b * width }));
}

// The whole page in few bytes. (Playwright's own pictures are not WebP.)
async function picture(page, name, scale) {
  const session = await page.context().newCDPSession(page);
  const { cssContentSize: { width, height } } = await session.send("Page.getLayoutMetrics");
  const clip = { x: 0, y: 0, width, height, scale };
  const options = { format: "webp", quality: 60, captureBeyondViewport: true, clip };
  const { data } = await session.send("Page.captureScreenshot", options);
  writeFileSync(`${pictures}/${name}.webp`, Buffer.from(data, "base64"));
}

async function train(page, shape, bound) {
  await page.locator(`label:has-text("${shape}")`).click();
  // The first loss that the page shows.
  const first = await page.evaluateHandle(() => {
    const loss = document.querySelector("#loss");
    const seen = new Promise((done) => new MutationObserver(() => done(Number(loss.textContent))).observe(loss, { childList: true }));
    return { seen };
  });
  await page.click("#run");
  const begin = await first.evaluate(({ seen }) => seen);
  const shown = await page.waitForFunction((bound) => {
    const loss = Number(document.querySelector("#loss").textContent);
    return loss < bound && { loss };
  }, bound);
  const { loss } = await shown.jsonValue();
  await page.click("#run");
  assert.ok(begin > 0.25 && loss < bound, `${shape}: from ${begin} to ${loss}`);
  assert.equal(await page.textContent("#run"), "Start");
  assert.match(await page.textContent("#samples-rate"), /^[1-9][0-9,]*$/);
}

async function desktop() {
  const { page, close, said, ready } = await open("", { viewport: { width: 1180, height: 900 }, colorScheme: "light" });
  assert.equal(await ready(), "simd");
  assert.match(await said(), /^A 7, /, "the picture that is there in the beginning");

  // By keys alone: a picture of the test set, then a stroke from the top to the bottom.
  await page.keyboard.press("Tab");
  await page.focus("#pad");
  await page.keyboard.press("3");
  assert.match(await said(), /^A 3, /);
  await page.keyboard.press("Delete");
  for (const key of [" ", ...Array(13).fill("ArrowDown"), " "]) await page.keyboard.press(key);
  assert.match(await said(), /^A 1, /, "drawn with keys");
  await page.click("#samples button:nth-child(6)");
  assert.match(await said(), /^A 5, /);

  for (const [digit, strokes] of DRAWN) {
    await page.click("#clear");
    assert.equal(await said(), "");
    for (const stroke of strokes) {
      const [first, ...others] = await on(page, stroke);
      await page.mouse.move(first.x, first.y);
      await page.mouse.down();
      for (const { x, y } of others) await page.mouse.move(x, y, { steps: 4 });
      await page.mouse.up();
    }
    assert.match(await said(), new RegExp(`^A ${digit}, `), "drawn with the mouse");
  }

  await train(page, "Spiral", 0.01);
  await picture(page, "desktop", 0.8);
  await page.click("#reset");
  assert.equal(await page.textContent("#steps"), "0");

  // By keys: other data, as fast as it can, another rate, begin and stop.
  for (const [name, value] of [["shape", 1], ["pace", 0]]) {
    await page.focus(`input[name=${name}]:checked`);
    await page.keyboard.press("ArrowRight");
    assert.ok(await page.isChecked(`input[name=${name}][value="${value}"]`));
  }
  await page.focus("#rate");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.textContent("#rate-value"), "0.013");
  await page.focus("#run");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => Number(document.querySelector("#steps").textContent.replace(",", "")) > 100);
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent("#run"), "Start");
  await close();
}

async function phone() {
  const options = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: "dark" };
  const { page, close, said, ready } = await open("?simd=0", options);
  assert.equal(await ready(), "scalar");
  const touch = await page.context().newCDPSession(page);
  const send = (type, touchPoints) => touch.send("Input.dispatchTouchEvent", { type, touchPoints });
  await page.tap("#clear");
  assert.equal(await said(), "");
  const [, strokes] = DRAWN.find(([digit]) => digit === 4);
  for (const stroke of strokes) {
    const [first, ...others] = await on(page, stroke);
    const before = await page.evaluate(() => window.scrollY);
    await send("touchStart", [first]);
    for (const point of others) await send("touchMove", [point]);
    await send("touchEnd", []);
    assert.equal(await page.evaluate(() => window.scrollY), before, "a stroke scrolls the page");
  }
  await page.waitForFunction(() => document.querySelector("#verdict").textContent.startsWith("A 4"));
  await train(page, "Moons", 0.05);
  await picture(page, "phone", 1);
  await page.setViewportSize({ width: 320, height: 568 });
  await fits(page);
  await close();
}

try {
  await desktop();
  await phone();
  console.log("the page: mouse, fingers and keys, light and dark, with vectors and without; no errors, no requests to others");
} finally {
  await browser.close();
  server.close();
}
