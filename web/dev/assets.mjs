// Serves the built pages as the hub does: same CSP, index.html for every address of a view, compressed twins.

import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT =
  process.env.MUSTER_STATIC ??
  fileURLToPath(new URL("../../src/muster/faces/native/static/", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const CSP =
  "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export function serveAsset(path, request, response) {
  const inside = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const known = extname(inside) && existsSync(join(ROOT, inside));
  if (extname(inside) && !known) {
    response.writeHead(404).end();
    return;
  }
  const file = join(ROOT, known ? inside : "index.html");
  if (!existsSync(file)) {
    response.writeHead(503, { "Content-Type": "text/plain" }).end("Build the pages first: npm run build");
    return;
  }
  const br = /\bbr\b/.test(request.headers["accept-encoding"] ?? "") && existsSync(`${file}.br`);
  response.writeHead(200, {
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": inside.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    ...(br ? { "Content-Encoding": "br" } : {}),
  });
  response.end(readFileSync(br ? `${file}.br` : file));
}
