// Build: hashed names, no source maps in the wheel, output beside the face that serves it.
import { defineConfig } from "vite";

const hub = process.env.MUSTER_HUB ?? "http://localhost:8790";

export default defineConfig({
  // Files name one another relatively; the page alone names them from the root, where the hub puts its path prefix.
  experimental: {
    renderBuiltUrl: (name, { hostType }) => (hostType === "html" ? `/${name}` : { relative: true }),
  },
  build: {
    outDir: "../src/muster/faces/native/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the CSP allows no data: addresses
    cssCodeSplit: true, // what few pages need comes with them
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What every page needs, and what that needs, as one file in place of many small ones: less to send.
        codeSplitting: {
          groups: [
            { name: "base", test: /src\/(format\/(dialects|spans|roles)|state\/(session|clock))\.ts$/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": { target: hub, ws: true, secure: false, changeOrigin: true, rewriteWsOrigin: true } },
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node", css: true },
});
