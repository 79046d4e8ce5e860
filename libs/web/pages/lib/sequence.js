// The sequence diagram of a conversation in true time: on the rail each message stands where it happened, the list beside it is evenly
// spaced to be readable, and a leader joins both. Brackets join request and answer.

import { el, isWide, svg } from "./dom.js";
import { tickLabel, ticks } from "./axis.js";
import { clock, duration } from "./format.js";
import { milliseconds, nanosecondsBetween } from "./json.js";
import { tag } from "./parts.js";
import { inCompactBlock, proof } from "./opened.js";

const ROW = 26; // pixels; the style sheet has the same
const LANES = 5;

function geometry() {
  return isWide() ? { width: 300, node: 118, peer: 226, label: true } : { width: 96, node: 26, peer: 66, label: false };
}

// Brackets that overlap are beside one another, in at most so many lanes.
function lanesOf(items, y, position) {
  const ends = [];
  return items.flatMap((item) => (item.answered_by ?? []).filter((pair) => position.has(pair.id)).slice(0, 1).map((pair) => {
    const [from, to] = [y(item), y(position.get(pair.id))];
    let lane = ends.findIndex((end) => end < from);
    if (lane < 0) lane = ends.length < LANES ? ends.push(0) - 1 : LANES - 1;
    ends[lane] = to;
    return { item, pair, from, to, lane };
  }));
}

function arrow(item, at, { node, peer }) {
  const y = at.toFixed(1);
  if (!item.direction) return svg("path", { class: "mark", d: `M${node} ${at - 4}l4 4l-4 4l-4 -4z` });
  const [from, to] = item.direction === "inbound" ? [peer, node] : [node, peer];
  const back = to > from ? -6 : 6;
  const kind = `${item.direction === "inbound" ? "in" : "out"}${item.decode_error ? " broken" : ""}${item.is_unanswered ? " open" : ""}`;
  return svg("g", { class: `arrow ${kind}`, "data-id": item.id },
    svg("path", { d: `M${from} ${y}H${to}M${to + back} ${(at - 3).toFixed(1)}L${to} ${y}L${to + back} ${(at + 3).toFixed(1)}` }),
    item.is_unanswered && svg("circle", { cx: to, cy: y, r: 4 }));
}

function rail(items, from, to) {
  const shape = geometry();
  const height = Math.max(items.length * ROW, ROW);
  const span = Math.max(to - from, 1e-3);
  const y = (item) => 8 + ((milliseconds(item.timestamp_ns) - from) / span) * (height - 16);
  const position = new Map(items.map((item) => [item.id, item]));
  const axis = ticks(from, to, Math.max(2, Math.floor(height / 60)));
  const tickY = (at) => 8 + ((at - from) / span) * (height - 16);
  return svg("svg", { class: "rail", width: shape.width, height, viewBox: `0 0 ${shape.width} ${height}`, "aria-hidden": "true" },
    axis.at.map((at) => [svg("line", { class: "grid", x1: shape.label ? 62 : 0, x2: shape.peer, y1: tickY(at), y2: tickY(at) }),
      shape.label && svg("text", { class: "tick", x: 0, y: tickY(at) + 3.5 }, tickLabel(at, axis.step))]),
    svg("line", { class: "life", x1: shape.node, x2: shape.node, y1: 0, y2: height }),
    svg("line", { class: "life", x1: shape.peer, x2: shape.peer, y1: 0, y2: height }),
    lanesOf(items, y, position).map(({ item, pair, from: top, to: bottom, lane }) => svg("path", { class: "bracket", "data-from": item.id, "data-to": pair.id,
      d: `M${shape.node} ${top.toFixed(1)}h${-5 - 5 * lane}V${bottom.toFixed(1)}h${5 + 5 * lane}` })),
    items.map((item) => arrow(item, y(item), shape)),
    items.map((item, index) => svg("path", { class: "leader", "data-id": item.id,
      d: `M${shape.peer + 3} ${y(item).toFixed(1)}C${shape.peer + 30} ${y(item).toFixed(1)} ${shape.width - 30} ${(index + 0.5) * ROW} ${shape.width} ${(index + 0.5) * ROW}` })));
}

function pairTags(item, jump) {
  const link = (pair, text) => el("button", { class: "pair", type: "button", title: `${proof(pair.by)}`, onclick: (event) => { event.stopPropagation(); jump(pair.id); } }, text);
  const answers = item.answered_by ?? [];
  return [
    item.answers && link(item.answers, `↑ ${duration(item.answers.duration_ns)}`),
    answers.length > 0 && link(answers[0], `answered ${duration(answers[0].duration_ns)}${answers.length > 1 ? ` +${answers.length - 1}` : ""}`),
    item.is_unanswered && tag(item.unanswered_count && answers.length ? `${item.unanswered_count} unanswered` : "no answer", "warn", item.message_type === "getheaders" ? "The node does not answer where it knows no better header" : "no answer so far"),
    item.in_compact_block && link(item.in_compact_block, inCompactBlock(item.in_compact_block)),
    item.in_compact_block && item.in_compact_block.matched < item.in_compact_block.transaction_count && tag("foreign transactions", "bad", "The compact block has no short id of them"),
    item.short_ids_matched && tag(`${item.short_ids_matched} known`, "", "So many of its short ids are transactions that are in this conversation, too"),
    item.decode_error && tag("undecodable", "bad", item.decode_error),
  ];
}

function row(item, before, { open, jump }) {
  const arrowText = item.direction === "inbound" ? "←" : item.direction === "outbound" ? "→" : "◆";
  const spoken = item.direction === "inbound" ? "from the peer" : item.direction === "outbound" ? "to the peer" : "";
  const button = el("button", { class: "message", type: "button", id: `m-${item.id}` },
    el("span", { class: "mono at" }, clock(item.timestamp_ns, 6)),
    el("span", { class: "mono since", title: "since the message before" }, before ? `+${duration(nanosecondsBetween(before.timestamp_ns, item.timestamp_ns))}` : ""),
    el("span", { class: `dir ${item.direction === "inbound" ? "in" : item.direction ? "out" : "quiet"}`, "aria-label": spoken }, arrowText),
    el("span", { class: "type" }, item.message_type ?? item.kind),
    el("span", { class: "size quiet" }, item.direction ? `${item.size ?? 0} B` : ""),
    el("span", { class: "words mono" }, item.text ?? ""));
  const element = el("li", { class: "row", "data-id": item.id }, el("div", { class: "line" }, button, el("span", { class: "pairs" }, pairTags(item, jump))));
  button.addEventListener("click", () => open(item, button));
  return element;
}

// A span of time is chosen by dragging along the rail.
function choose(drawing, from, to, zoom) {
  let start;
  const at = (event) => { const box = drawing.getBoundingClientRect(); return from + ((event.clientY - box.top - 8) / Math.max(box.height - 16, 1)) * (to - from); };
  drawing.addEventListener("pointerdown", (event) => { start = event.pointerType === "mouse" ? event : undefined; });
  drawing.addEventListener("pointerup", (event) => {
    if (start && Math.abs(event.clientY - start.clientY) > 6) zoom(...[at(start), at(event)].sort((a, b) => a - b));
    start = undefined;
  });
}

// Draws the items of [from, to] (milliseconds). `open(item, button)` is called when one is opened, `zoom(from, to)` when a span is chosen.
export function sequence(items, { from, to, open, zoom }) {
  const shown = items.filter((item) => { const at = milliseconds(item.timestamp_ns); return at >= from && at <= to; });
  const list = el("ol", { class: "rows" });
  const jump = (id) => {
    const target = document.getElementById(`m-${id}`);
    target?.scrollIntoView({ block: "center" });
    target?.focus({ preventScroll: true });
  };
  list.append(...shown.map((item, index) => row(item, shown[index - 1], { open, jump })));
  const drawing = rail(shown, shown.length ? from : 0, shown.length ? to : 1);
  choose(drawing, from, to, zoom);
  const element = el("div", { class: "sequence" }, el("div", { class: "lives", "aria-hidden": "true" }, el("span", {}, "node"), el("span", {}, "peer")), drawing, list);
  const mark = (id, on) => {
    const item = shown.find((one) => one.id === id);
    const ids = new Set([id, item?.answers?.id, ...(item?.answered_by ?? []).map((pair) => pair.id)].filter(Boolean));
    for (const part of element.querySelectorAll("[data-id], [data-from]")) {
      const lit = on && (ids.has(part.dataset.id) || (ids.has(part.dataset.from) && ids.has(part.dataset.to)));
      part.classList.toggle("lit", lit);
    }
  };
  for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    list.addEventListener(name, (event) => { const id = event.target.closest("li.row")?.dataset.id; if (id) mark(id, on); });
  }
  return { element, count: shown.length };
}
