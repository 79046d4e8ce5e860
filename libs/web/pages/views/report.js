// The first page of a report: what happened, told to somebody who knows nothing of it yet, and where to look further.

import { api } from "../lib/api.js";
import { tickLabel, ticks } from "../lib/axis.js";
import { el, show, svg } from "../lib/dom.js";
import { age, count, dateAndClock, duration, plural, shortAddress } from "../lib/format.js";
import { milliseconds, nanosecondsBetween } from "../lib/json.js";
import { anomalyPath, nodeLink, peerLink } from "../lib/links.js";
import { errorPanel, facts, head, panel, tag } from "../lib/parts.js";
import { Table } from "../lib/table.js";
import { chartWidth } from "../lib/timeline.js";
import { evidenceLine, RANK, severityTag } from "./anomalies.js";
import { endingTag } from "./peer_columns.js";

const MOST_ANOMALIES = 8; // that are told here; the page of anomalies has all
const MOST_PEERS = 5; // of an anomaly
const MOST_EVIDENCE = 2; // of an anomaly on a node
const LANE = 24;

const MEANINGS = [
  ["node", "a Bitcoin Core node that is observed from outside: it is not changed, and does not know"],
  ["peer", "a connection of a node, by the number that the node gave it"],
  ["inbound, ←", "a connection that the peer opened; a message from the peer to the node"],
  ["outbound, →", "a connection that the node opened; a message from the node to the peer"],
  ["anomaly", "what the detector found by a rule: a figure that went above its threshold. It can be a false positive; its evidence is listed"],
];

const lasted = (from, to) => duration(nanosecondsBetween(from, to));

function lead(report) {
  const nodes = report.nodes.flatMap((name, index) => [index ? ", " : "", nodeLink(name)]);
  return panel("", el("p", {}, report.nodes.length === 1 ? "What the Bitcoin node " : "What the Bitcoin nodes ", nodes, " and the peers connected to ", report.nodes.length === 1 ? "it" : "them", " did, as recorded from ",
    report.from_ns && `${dateAndClock(report.from_ns, 3)} to ${dateAndClock(report.to_ns, 3)} UTC, ${lasted(report.from_ns, report.to_ns)}`, ". Everything is in this file: it asks for nothing on the network."),
  facts([["events", count(report.events)], ["peers", count(report.peers.length + report.left_out.peers)], ["selected events", el("a", { href: "#/messages" }, `${count(report.selected_events)} of ${count(report.matched_events)}`)],
    ["selected by", report.selection ? el("span", { class: "mono" }, report.selection) : "nothing: all events"], ["written by", `peer-observer ${report.version}`]]));
}

function who(node) {
  const process = node.pid ? `${node.pid}.${node.process_start_ms ?? 0}` : undefined;
  const peers = node.peers ?? [];
  return el("p", {}, "On ", nodeLink(node.node), `, by ${plural(node.peer_count ?? peers.length, "connection")}${(node.peer_count ?? 0) > peers.length ? ", first" : ""}: `,
    peers.slice(0, MOST_PEERS).map((peer, index) => [index > 0 && ", ", peerLink(node.node, process, peer.peer_id, shortAddress(peer.address ?? `peer ${peer.peer_id}`)), peer.user_agent && el("span", { class: "mono quiet" }, ` ${peer.user_agent}`)]),
    peers.length > MOST_PEERS && " …");
}

const when = ({ first_ns: from, last_ns: to }) => (from === to ? `Seen at ${dateAndClock(from, 3)} UTC.` : `Seen from ${dateAndClock(from, 3)} UTC on, for ${lasted(from, to)}.`);

const decided = (node) => (node.figures ?? []).filter(({ threshold }) => threshold !== undefined)
  .map(({ name, value, threshold }) => `${name}: ${Number(value).toLocaleString("en-US")}, where ${Number(threshold).toLocaleString("en-US")} is the threshold`).join("; ");

// The first of what decided, as it was said.
const said = (node) => (node.evidence ?? []).filter(({ is_kept: isKept }) => isKept !== false).slice(0, MOST_EVIDENCE);

function found(anomaly) {
  return el("article", { class: "found" }, el("h3", {}, severityTag(anomaly.severity), " ", el("a", { href: anomalyPath(anomaly.anomaly_id) }, anomaly.kind), " ", anomaly.subject && el("span", { class: "mono quiet" }, anomaly.subject)),
    el("p", {}, anomaly.description ?? ""),
    (anomaly.nodes ?? []).map((node) => [who(node), decided(node) && el("p", { class: "quiet" }, decided(node), "."),
      said(node).map((one) => el("p", { class: "said" }, evidenceLine(one, node.node)))]),
    el("p", { class: "quiet" }, `${when(anomaly)} Confidence: ${anomaly.confidence_percent ?? "–"} %. `, el("a", { href: anomalyPath(anomaly.anomaly_id) }, "Figures and evidence")));
}

async function findings(anomalies, signal) {
  const first = [...anomalies].sort((a, b) => (RANK[b.severity] ?? 0) - (RANK[a.severity] ?? 0) || (b.confidence_percent ?? 0) - (a.confidence_percent ?? 0));
  const whole = await Promise.all(first.slice(0, MOST_ANOMALIES).map((one) => api(`/anomalies/${one.anomaly_id}`, {}, signal).then(({ anomaly }) => anomaly, () => one)));
  return panel("What the detector found", whole.length ? whole.map(found) : el("p", { class: "quiet" }, "Nothing: the recorded events have no anomaly of a detector in them. That a detector was running, this file does not say."),
    first.length > whole.length && el("p", {}, el("a", { href: "#/anomalies" }, `${count(first.length - whole.length)} more`)));
}

// A lane for each kind, its bars as high as its own highest; where anomalies were seen is shaded.
function activityChart({ start_ns, step_ns, kinds: all }, anomalies) {
  const kinds = all.filter(({ kind }) => kind !== "message.processed"); // each belongs to a message that is there
  const from = milliseconds(start_ns);
  const step = Number(step_ns) / 1e6;
  const steps = Math.max(1, ...kinds.map(({ counts }) => counts.length));
  const to = from + steps * step;
  const width = chartWidth();
  const left = width > 600 ? 170 : 100;
  const x = (at) => left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (width - left - 4);
  const height = kinds.length * LANE + 20;
  const axis = ticks(from, to, Math.floor((width - left) / 90));
  return svg("svg", { class: "timeline chart activity", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Events over time: ${kinds.map(({ kind, count: events }) => `${kind} ${events}`).join(", ")}` },
    anomalies.map((one) => svg("rect", { class: `seen ${one.severity}`, x: x(milliseconds(one.first_ns)), width: Math.max(2, x(milliseconds(one.last_ns)) - x(milliseconds(one.first_ns))), y: 0, height: height - 18 }, svg("title", {}, one.kind))),
    axis.at.map((at) => [svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: height - 18 }), svg("text", { class: "tick", x: x(at), y: height - 4, "text-anchor": x(at) > width - 40 ? "end" : "middle" }, tickLabel(at, axis.step))]),
    kinds.map(({ kind, count: events, counts }, lane) => {
      const most = Math.max(1, ...counts);
      const base = (lane + 1) * LANE - 3;
      return [svg("text", { class: "tick", x: 0, y: base - 4 }, kind), svg("text", { class: "tick", x: left - 8, y: base - 4, "text-anchor": "end" }, count(events)),
        svg("line", { class: "grid", x1: left, x2: width, y1: base, y2: base }),
        counts.map((value, index) => value > 0 && svg("rect", { class: "step", x: x(from + index * step).toFixed(1), width: Math.max(1, (width - left) / steps - 1).toFixed(1), y: (base - (value / most) * (LANE - 5)).toFixed(1), height: ((value / most) * (LANE - 5)).toFixed(1) },
          svg("title", {}, `${plural(value, "event")} ${kind} within ${duration(Number(step_ns))}`)))];
    }));
}

function peersTable(report) {
  const why = ({ is_selected: isSelected, peer }) => (peer.anomalies?.length ? "in an anomaly" : isSelected ? "selected events" : "");
  const number = (key, label) => ({ key, label, number: true, value: ({ peer }) => peer[key], cell: ({ peer }) => count(peer[key]) });
  const table = new Table({ name: "report-peers", caption: `${plural(report.peers.length, "peer")} with what they said${report.left_out.peers ? `, of ${count(report.peers.length + report.left_out.peers)}` : ""}`, sort: "why", columns: [
    { key: "peer", label: "peer", value: ({ peer }) => peer.address, cell: ({ node, peer }) => [peerLink(node, peer.process, peer.peer_id, shortAddress(peer.address) || `peer ${peer.peer_id}`), " ", endingTag(peer)], nowrap: true },
    ...(report.nodes.length > 1 ? [{ key: "node", label: "node", value: ({ node }) => node, nowrap: true }] : []),
    { key: "why", label: "why here", value: why, cell: (one) => { const text = why(one); return text ? tag(text, one.peer.anomalies?.length ? "warn" : "") : "said much"; } },
    { key: "type", label: "type", value: ({ peer }) => peer.connection_type, cell: ({ peer }) => el("span", { class: peer.direction === "inbound" ? "in" : "out" }, peer.connection_type), nowrap: true },
    { key: "agent", label: "user agent", value: ({ peer }) => peer.user_agent, cell: ({ peer }) => peer.user_agent && el("span", { class: "mono" }, peer.user_agent), text: true, wide: true },
    number("messages_in", "messages ←"), number("messages_out", "messages →"),
    { key: "opened", label: "opened", number: true, value: ({ peer }) => peer.opened_ns, cell: ({ peer }) => peer.opened_ns && dateAndClock(peer.opened_ns) },
    { key: "lasted", label: "lasted", number: true, value: ({ peer }) => peer.opened_ns && nanosecondsBetween(peer.opened_ns, peer.closed_ns ?? report.to_ns), cell: ({ peer }) => peer.opened_ns && age(nanosecondsBetween(peer.opened_ns, peer.closed_ns ?? report.to_ns) / 1e9) }] });
  table.update(report.peers);
  return el("div", { class: "panel flush" }, table.element);
}

const WHAT = { events: "selected events beyond the first", nodes: "nodes", peers: "peers with what they said", messages: "messages in full: their line is there", anomalies: "anomalies with their evidence" };

function leftOut(left) {
  const lines = Object.entries(WHAT).filter(([name]) => left[name]).map(([name, text]) => el("li", {}, `${count(left[name])} ${text}`));
  return panel("Left out of this file", lines.length ? el("ul", { class: "plain" }, lines) : el("p", { class: "quiet" }, "Nothing but messages that were older than the latest 400 of a peer."));
}

export async function reportView({ root, signal }) {
  try {
    const [report, { anomalies }] = await Promise.all([api("/report", {}, signal), api("/anomalies", {}, signal)]);
    const title = report.title || report.nodes.join(", ");
    show(root, head(title, el("span", { class: "quiet" }, "report")), lead(report), await findings(anomalies, signal),
      panel("Events over time", report.activity.kinds.length ? activityChart(report.activity, anomalies) : el("p", { class: "quiet" }, "No events."),
        el("p", { class: "note" }, `Each lane has its own scale; a bar is ${duration(Number(report.activity.step_ns))}.`, anomalies.length > 0 && " Shaded: where an anomaly was seen.", report.activity.kind_count > report.activity.kinds.length && ` ${count(report.activity.kind_count - report.activity.kinds.length)} rarer kinds are not drawn.`)),
      peersTable(report), leftOut(report.left_out), panel("How to read this", facts(MEANINGS)));
  } catch (error) {
    if (!signal.aborted) show(root, head("Report"), errorPanel(error));
  }
}
