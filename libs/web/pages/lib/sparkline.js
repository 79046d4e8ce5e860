// A small line of the latest figures, with its highest and latest value in words for those who cannot see it.

import { svg } from "./dom.js";

export function sparkline(values, { label, width = 120, height = 24, kind = "" } = {}) {
  const top = Math.max(...values, 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(height - 1.5 - (value / top) * (height - 3)).toFixed(1)}`);
  const spoken = `${label}: now ${Number(values.at(-1) ?? 0).toPrecision(3)}, highest ${Number(top < 1e-6 ? 0 : top).toPrecision(3)}`;
  return svg("svg", { class: `spark ${kind}`, viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": spoken, preserveAspectRatio: "none" },
    svg("title", {}, spoken),
    points.length > 1 && svg("polygon", { points: `0,${height} ${points.join(" ")} ${width},${height}` }),
    points.length > 1 && svg("polyline", { points: points.join(" ") }));
}
