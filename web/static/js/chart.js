// Draws the charts of a page from the numbers in their data-chart attributes.
// The table beside each says the same without this file.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer]);

const charts = new Map();

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Amounts are in fen, rates in hundredths of a percent.
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const full = {
  money: (n) => "¥" + cents.format(n / 100),
  count: (n) => whole.format(n),
  rate: (n) => (n / 100).toFixed(2) + "%",
};

// brief writes a number of an axis, which has little room.
function brief(unit, zh) {
  if (unit === "rate") return (n) => n / 100 + "%";
  const sign = unit === "money" ? "¥" : "";
  const by = unit === "money" ? 100 : 1;
  return (n) => {
    const v = n / by;
    if (zh && v >= 10000) return sign + whole.format(v / 1000) / 10 + "万";
    if (!zh && v >= 1000000) return sign + (v / 1000000).toFixed(1).replace(/\.0$/, "") + "M";
    if (!zh && v >= 10000) return sign + (v / 1000).toFixed(0) + "k";
    return sign + whole.format(v);
  };
}

// widest is the room that the longest of the texts takes, in pixels.
const widest = (texts) => Math.max(...texts.map((t) => [...t].reduce((n, c) => n + (c > "\u2e80" ? 12 : 6.6), 0)));

// folded breaks a label of several words in two where the chart is narrow.
const folded = (text, narrow) => (narrow && text.length > 10 ? text.replace(/ (?=\S+$)/, "\n") : text);

function option(data, narrow) {
  const ink = token("--ph-ink-3");
  const font = { color: ink, fontSize: 12, fontFamily: token("--ph-sans") };
  const now = token(data.shape === "line" ? "--ph-good" : "--ph-chart");
  const pale = token("--ph-chart-pale");
  const last = (values) => values.reduce((at, v, i) => (v === null ? at : i), -1);
  const bars = data.shape === "bar";
  const label = (at, text, colour) => ({
    show: true, position: "right", distance: bars ? 18 : 8, formatter: (p) => (p.dataIndex === at ? text : ""), color: colour, fontSize: 12, lineHeight: 15, align: "left", fontFamily: font.fontFamily,
  });
  const before = folded(data.names.previous, narrow);
  const room = 16 + widest(before.split("\n")) + (bars ? 6 : 0);
  const series = [];
  if (data.previous) {
    series.push({
      name: data.names.previous, type: "line", data: data.previous, symbol: "circle", symbolSize: 0, showSymbol: true, z: 3, silent: true, connectNulls: false,
      lineStyle: { color: pale, width: 1.5 }, itemStyle: { color: pale }, label: label(last(data.previous), before, ink),
    });
  }
  series.push({
    name: data.names.current, type: data.shape, data: data.current, symbol: "circle", symbolSize: bars ? 0 : 5, z: 2, connectNulls: true,
    barMaxWidth: 26, barCategoryGap: "35%", lineStyle: { color: now, width: 2 }, itemStyle: { color: now, borderRadius: [2, 2, 0, 0] },
    label: bars ? { show: false } : { ...label(last(data.current), data.names.current, now), position: "top", align: "right", distance: 7 },
  });
  return {
    animation: false,
    textStyle: font,
    grid: { left: 4, right: room, top: bars ? 14 : 24, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("--ph-paper"), borderColor: token("--ph-line-strong"), borderWidth: 1,
      padding: [8, 10], axisPointer: { type: "shadow", shadowStyle: { color: token("--ph-chart-band") } },
      textStyle: { ...font, color: token("--ph-ink") },
      formatter: (points) => [data.titles[points[0].dataIndex], ...points.toReversed().filter((p) => p.value !== null && p.value !== undefined).map((p) => p.seriesName + "  " + full[data.unit](p.value))].join("\n"),
    },
    xAxis: {
      type: "category", data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--ph-line-strong") } },
      axisLabel: { ...font, hideOverlap: true },
    },
    yAxis: {
      type: "value", min: 0, max: data.unit === "rate" ? 10000 : null, splitNumber: 3, interval: data.unit === "rate" ? 2500 : null, minInterval: data.unit === "count" ? 1 : 0,
      axisLabel: { ...font, formatter: brief(data.unit, document.documentElement.lang.startsWith("zh")) },
      splitLine: { lineStyle: { color: token("--ph-line") } },
    },
    series,
  };
}

const narrow = (element) => element.clientWidth < 480;

// draw makes the charts of a piece of the page that have not been made yet, and
// forgets those whose element has left it.
function draw() {
  for (const [element, chart] of charts) {
    if (!element.isConnected) {
      resizes.unobserve(element);
      chart.dispose();
      charts.delete(element);
    }
  }
  for (const element of document.querySelectorAll("[data-chart]")) {
    if (charts.has(element)) continue;
    const chart = init(element, null, { renderer: "svg" });
    chart.setOption(option(JSON.parse(element.dataset.chart), narrow(element)));
    charts.set(element, chart);
    resizes.observe(element);
  }
}

// redraw takes up other colours.
function redraw() {
  for (const [element, chart] of charts) chart.setOption(option(JSON.parse(element.dataset.chart), narrow(element)), true);
}

const resizes = new ResizeObserver((entries) => entries.forEach((e) => charts.get(e.target)?.resize()));

draw();
document.addEventListener("htmx:after:swap", draw);
new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
