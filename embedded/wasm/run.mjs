// node run.mjs MODULE.wasm: feeds the recorded digits to the module, and fails if it does not say what the host has computed.
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../models/src/recorded/digits.rs", import.meta.url), "utf8");
const recorded = (name) => JSON.parse(source.match(new RegExp(`pub static ${name}: .*? = ([^;]*);\n`))[1]);

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) throw new Error(`the module imports ${JSON.stringify(imports)}`);
const { memory, pixels, classify, probabilities } = new WebAssembly.Instance(module, {}).exports;

const expected = recorded("DIGIT_CNN");
recorded("DIGITS").forEach((picture, digit) => {
  new Uint8Array(memory.buffer, pixels(), 784).set(picture.flat());
  const found = classify();
  if (found !== digit) throw new Error(`a ${digit} is taken for ${found}`);
  new Float32Array(memory.buffer, probabilities(), 10).forEach((y, i) => {
    const host = expected[digit][i];
    if (!(Math.abs(y - host) <= 1e-5 * Math.max(Math.abs(host), 0.1))) throw new Error(`${y} is not the host's ${host}`);
  });
});
console.log("ten digits recognised, as on the host; no imports");
