// Writes .br and .gz beside each built text file, so that the hub never compresses while it serves.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const ROOT = new URL("../../src/muster/faces/native/static/", import.meta.url).pathname;
const TEXT = /\.(js|css|html|svg)$/;

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (TEXT.test(name)) yield path;
  }
}

let plain = 0;
let small = 0;
for (const path of files(ROOT)) {
  const bytes = readFileSync(path);
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  plain += bytes.length;
  small += br.length;
  console.log(
    `${path.slice(ROOT.length).padEnd(44)} ${String(bytes.length).padStart(7)} B  ${String(br.length).padStart(6)} B brotli`,
  );
}
console.log(`${"all".padEnd(44)} ${String(plain).padStart(7)} B  ${String(small).padStart(6)} B brotli`);
