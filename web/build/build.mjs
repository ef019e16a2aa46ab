// Builds the browser bundle: web/static/{js,css} and npm packages become
// web/static/dist, which the server embeds.
import { build, context } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { siAlipay, siWechat } from "simple-icons";

const outdir = "web/static/dist";
const options = {
  // chart.js holds ECharts: only pages with a chart ask for it.
  entryPoints: { app: "web/static/js/app.js", chart: "web/static/js/chart.js", style: "web/static/css/app.css" },
  outdir,
  entryNames: "[name]",
  bundle: true,
  minify: true,
  sourcemap: false,
  format: "iife",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  // Nothing may be inlined that the content security policy does not allow;
  // Tabler's data: images are (img-src 'self' data:).
  loader: { ".svg": "dataurl" },
  legalComments: "linked",
  logLevel: "info",
};

// The channels' marks, in their own colours, as files for <img>.
async function writeMarks() {
  await mkdir(outdir, { recursive: true });
  for (const [name, icon] of Object.entries({ wechat: siWechat, alipay: siAlipay })) {
    await writeFile(`${outdir}/${name}.svg`, icon.svg.replace("<svg ", `<svg fill="#${icon.hex}" `));
  }
}

if (process.argv.includes("--watch")) {
  await writeMarks();
  await (await context(options)).watch();
} else {
  await rm(outdir, { recursive: true, force: true });
  await writeMarks();
  await build(options);
}
