// node module.mjs SITE, from the root of the repository: both modules import nothing, say of the recorded digits what the host has computed, and learn; with the same bits.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

const source = readFileSync("embedded/models/src/recorded/digits.rs", "utf8");
const recorded = (name) => JSON.parse(source.match(new RegExp(`pub static ${name}: .*? = ([^;]*);\n`))[1]);
const [pictures, host] = [recorded("DIGITS"), recorded("DIGIT_CNN")];

const [scalar, simd] = ["kseq.wasm", "kseq-simd.wasm"].map((name) => {
  const module = new WebAssembly.Module(readFileSync(`${process.argv[2]}/${name}`));
  assert.deepEqual(WebAssembly.Module.imports(module), [], name);
  return run(new WebAssembly.Instance(module, {}).exports);
});
assert.deepEqual(simd, scalar, "vectors compute other bits");

function run(kseq) {
  const floats = (at, length) => Array.from(new Float32Array(kseq.memory.buffer, at, length));
  const found = [];
  pictures.forEach((picture, digit) => {
    kseq.sample(digit);
    assert.deepEqual(Array.from(new Uint8Array(kseq.memory.buffer, kseq.pixels(), 784)), picture.flat());
    assert.equal(kseq.classify(), digit);
    const outputs = floats(kseq.probabilities(), 10);
    outputs.forEach((y, i) => assert.ok(Math.abs(y - host[digit][i]) <= 1e-5 * Math.max(host[digit][i], 0.1), `${y} ${host[digit]}`));
    const seen = floats(kseq.activations(), 26 * 26 * 8);
    assert.ok(seen.some((value) => value > 0) && seen.every((value) => value >= 0));
    found.push(outputs, seen);
  });
  for (const shape of [0, 1, 2]) {
    const losses = () => {
      assert.ok(kseq.begin(shape, 1) && kseq.set_learning_rate(0.01));
      return Array.from({ length: 20 }, () => kseq.train(200));
    };
    const first = losses();
    assert.deepEqual(losses(), first, "another training from the same seed");
    assert.ok(first[0] > 0.1 && first.at(-1) < 0.01, `${first}`);
    assert.ok(kseq.accuracy() > 0.97);
    const values = floats(kseq.surface(), kseq.surface_side() ** 2);
    assert.ok(values.every((y) => y >= 0 && y <= 1));
    found.push(first, values);
  }
  assert.ok(!kseq.set_learning_rate(-1));
  return found;
}
console.log("both modules: ten digits as on the host, three trainings; the same bits; no imports");
