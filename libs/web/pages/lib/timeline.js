// Lifetimes of connections on a time axis, packed into as few lanes as there were connections at a time.

import { svg } from "./dom.js";
import { tickLabel, ticks } from "./axis.js";

const AXIS = 18;

// As wide as what is around it, in pixels, so that its text has the size of other text.
export const chartWidth = () => Math.min(1700, Math.max(300, document.documentElement.clientWidth - 75));

// bars: [{from, to, label, kind, href, isCut}], times in milliseconds. A bar that began before `from` is cut there.
export function timeline(bars, { from, to, label, lane = 6 }) {
  const width = chartWidth();
  const x = (at) => (Math.max(at, from) - from) / (to - from) * width;
  const lanes = [];
  const placed = bars.filter((bar) => bar.to >= from && bar.from <= to).sort((a, b) => a.from - b.from).map((bar) => {
    let index = lanes.findIndex((end) => end < bar.from);
    if (index < 0) index = lanes.push(0) - 1;
    lanes[index] = Math.max(bar.to, bar.from + (to - from) / width);
    return { bar, index };
  });
  const pitch = lanes.length > 60 ? 3 : lanes.length > 25 ? 5 : lane + 3;
  const height = lanes.length * pitch + AXIS + 4;
  const axis = ticks(from, to, Math.floor(width / 90));
  return svg("svg", { class: "timeline", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${label}: ${placed.length} shown` },
    axis.at.map((at) => [
      svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: height - AXIS }),
      svg("text", { class: "tick", x: x(at), y: height - 4, "text-anchor": x(at) > width - 30 ? "end" : x(at) < 30 ? "start" : "middle" }, tickLabel(at, axis.step))]),
    placed.map(({ bar, index }) => svg("a", { href: bar.href, tabindex: -1 },
      svg("rect", { class: `bar ${bar.kind}`, x: x(bar.from).toFixed(1), y: index * pitch + 1, width: Math.max(2, x(bar.to) - x(bar.from)).toFixed(1), height: Math.max(2, pitch - 2), rx: 1 },
        svg("title", {}, bar.label)))));
}
