// Anomalies, open and past: on a time axis, as a list, and one with its evidence.

import { isReport } from "../lib/api.js";
import { el, show, svg } from "../lib/dom.js";
import { age, count, dateAndClock, plural } from "../lib/format.js";
import { milliseconds } from "../lib/json.js";
import { tickLabel, ticks } from "../lib/axis.js";
import { anomalyPath, anomalyPeersPath, messagePath, nodeLink, peerLink, selectionPath } from "../lib/links.js";
import { errorPanel, facts, head, note, panel, tag } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { rememberQuery } from "../lib/router.js";
import { filterField, Table } from "../lib/table.js";
import { chartWidth } from "../lib/timeline.js";
import { secondsSince } from "./fleet.js";

const SEVERITIES = { CRITICAL: "bad", WARNING: "warn", INFO: "" };
export const RANK = { CRITICAL: 3, WARNING: 2, INFO: 1 };

export const severityTag = (severity) => tag((severity ?? "unknown").toLowerCase(), SEVERITIES[severity] ?? "");

// A lane for each kind; a bar from the first event that counts to the last.
function axisOf(anomalies, now) {
  const kinds = [...new Set(anomalies.map((one) => one.kind))].sort();
  const times = anomalies.flatMap((one) => [one.first_ns ?? one.opened_ns, one.last_ns ?? one.opened_ns]).filter(Boolean).map(milliseconds);
  const to = Math.max(milliseconds(now), ...times);
  const from = Math.min(to - 60e3, ...times);
  const width = chartWidth();
  const left = width > 600 ? 150 : 0;
  const lane = width > 600 ? 20 : 30;
  const x = (at) => left + ((at - from) / (to - from)) * (width - left - 4);
  const height = kinds.length * lane + 22;
  const axis = ticks(from, to, Math.floor((width - left) / 90));
  return svg("svg", { class: "timeline chart", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Anomalies by kind and time" },
    axis.at.map((at) => [svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: height - 18 }), svg("text", { class: "tick", x: x(at), y: height - 4, "text-anchor": "middle" }, tickLabel(at, axis.step))]),
    kinds.map((kind, index) => svg("text", { class: "tick", x: 0, y: index * lane + (left ? 14 : 9) }, kind)),
    anomalies.map((one) => {
      const [start, end] = [milliseconds(one.first_ns ?? one.opened_ns), milliseconds(one.last_ns ?? one.opened_ns)];
      return svg("a", { href: anomalyPath(one.anomaly_id), tabindex: -1 }, svg("rect", { class: `bar ${one.severity} ${one.state}`, x: x(start).toFixed(1), y: kinds.indexOf(one.kind) * lane + (left ? 5 : 13), width: Math.max(4, x(end) - x(start)).toFixed(1), height: 10, rx: 2 },
        svg("title", {}, `${one.kind}: ${one.description ?? ""}`)));
    }));
}

const COLUMNS = (now) => [
  { key: "kind", label: "kind", value: (one) => one.kind, cell: (one) => one.anomaly_id ? el("a", { href: anomalyPath(one.anomaly_id) }, one.kind) : one.kind, nowrap: true },
  { key: "severity", label: "severity", value: (one) => RANK[one.severity] ?? 0, cell: (one) => severityTag(one.severity) },
  { key: "state", label: "state", value: (one) => one.state, cell: (one) => [tag(one.state, one.state === "open" ? "warn" : ""), one.ending && el("span", { class: "more" }, ` ${one.ending}`)] },
  { key: "subject", label: "subject", value: (one) => one.subject, cell: (one) => one.subject && [el("span", { class: "mono" }, one.subject), one.subject_name && ` ${one.subject_name}`, one.known_as && tag(one.known_as)], wide: true },
  { key: "description", label: "what", value: (one) => one.description, wide: true },
  { key: "nodes", label: "nodes", value: (one) => (one.node_names ?? []).join(" "), cell: (one) => (one.node_names ?? []).map((name) => [nodeLink(name), " "]) },
  { key: "confidence", label: "confidence", number: true, value: (one) => one.confidence_percent, cell: (one) => one.confidence_percent === undefined ? undefined : `${one.confidence_percent} %` },
  { key: "first", label: "began", number: true, value: (one) => one.first_ns ?? one.opened_ns, cell: (one) => dateAndClock(one.first_ns ?? one.opened_ns) },
  { key: "last", label: "last seen", number: true, value: (one) => one.last_ns ?? one.updated_ns, cell: (one) => `${age(secondsSince(now(), one.last_ns ?? one.updated_ns ?? one.opened_ns))} ago` },
];

export function anomaliesView({ query, root, signal }) {
  let now;
  const table = new Table({ name: "anomalies", caption: "Anomalies", sort: "last", columns: COLUMNS(() => now), rowClass: (one) => (one.state === "closed" ? "gone" : undefined) });
  table.sort = "first";
  table.descending = true;
  table.drawHead();
  const state = el("select", { id: "state-of", onchange: () => again() }, [["", "open and closed"], ["open", "open"], ["closed", "closed"]].map(([value, label]) => el("option", { value, selected: value === query.get("state") }, label)));
  const node = el("input", { id: "node", value: query.get("node") ?? "", onchange: () => again() });
  const axis = el("div", { class: "panel" });
  const again = () => { rememberQuery(new URLSearchParams(Object.entries(parameters()).filter(([, value]) => value))); ask(); };
  const parameters = () => ({ state: state.value, node: node.value.trim() });
  root.append(head("Anomalies"), el("div", { class: "controls" }, el("label", {}, "state", state), el("label", {}, "node", node), filterField(table, "filter")), axis, el("div", { class: "panel flush" }, table.element));
  const ask = poll(() => ["/anomalies", parameters()], ({ anomalies: found, time_ns }) => {
    now = time_ns;
    const wanted = parameters();
    const anomalies = !isReport ? found : found.filter((one) => (!wanted.state || one.state === wanted.state) && (!wanted.node || one.node_names.includes(wanted.node)));
    show(axis, anomalies.length ? axisOf(anomalies, now) : el("p", { class: "quiet" }, "None. The detector publishes anomalies; without one, nothing is shown here."));
    table.update(anomalies);
  }, { signal, fail: (error) => show(axis, errorPanel(error)) });
}

function figure({ name, value, threshold }) {
  const share = threshold ? Math.min(1, value / threshold) : 0;
  return el("tr", {}, el("td", {}, name), el("td", { class: "number" }, Number(value).toLocaleString("en-US")), el("td", { class: "number" }, threshold === undefined ? "–" : Number(threshold).toLocaleString("en-US")),
    el("td", {}, threshold ? [el("span", { class: `share ${value >= threshold ? "over" : ""}` }, svg("svg", { viewBox: "0 0 100 5", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: share * 100, height: 5 }))), `${(value / threshold).toFixed(1)} × the threshold`] : el("span", { class: "quiet" }, "context")));
}

// When, what and its beginning, as a link to all of it.
export function evidenceLine(one, node) {
  const arrow = one.direction === "inbound" ? "← " : one.direction === "outbound" ? "→ " : "";
  return [el("span", { class: "mono" }, dateAndClock(one.timestamp_ns, 6)), " ",
    one.is_kept === false ? el("span", { class: "quiet" }, `${one.id} is no longer kept`)
      : [el("a", { href: messagePath(one.id, node), class: "mono", title: one.id }, `${arrow}${one.message_type ?? one.kind ?? one.id}`), " ", one.decode_error && el("span", { class: "bad" }, `${one.decode_error} `), el("span", { class: "mono quiet words" }, one.text ?? "")]];
}

const evidenceOf = (node) => el("ol", { class: "plain evidence" }, (node.evidence ?? []).map((one) => el("li", {}, evidenceLine(one, node.node))));

function nodePart(node, { subject, anomaly_id: id }) {
  const process = node.pid ? `${node.pid}.${node.process_start_ms ?? 0}` : undefined;
  return panel(`On ${node.node}`,
    el("p", {}, nodeLink(node.node), node.first_ns === node.last_ns ? `, at ${dateAndClock(node.first_ns, 3)} UTC. ` : `, from ${dateAndClock(node.first_ns, 3)} to ${dateAndClock(node.last_ns, 3)} UTC. `,
      el("a", { href: anomalyPeersPath(node.node, id) }, "peers that take part"), " ",
      /^[\d.]+$|:/.test(subject ?? "") && !subject.includes("/") && el("a", { href: selectionPath({ node: node.node, address: subject }) }, "messages of this address")),
    el("div", { class: "scroll" }, el("table", {}, el("caption", {}, "Figures; the first one decided"), el("thead", {}, el("tr", {}, ["figure", "value", "threshold", ""].map((name, index) => el("th", { scope: "col", class: index % 3 && "number" }, name)))), el("tbody", {}, (node.figures ?? []).map(figure)))),
    (node.peers ?? []).length > 0 && [el("h2", {}, node.peer_count > node.peers.length ? `The first ${node.peers.length} of ${plural(node.peer_count, "connection")} whose events decided` : "Connections whose events decided"), el("ul", { class: "plain" }, node.peers.map((peer) => el("li", {}, peerLink(node.node, process, peer.peer_id, peer.address ?? `peer ${peer.peer_id}`), " ", el("span", { class: "mono quiet" }, peer.user_agent ?? ""), peer.mapped_as && ` AS ${peer.mapped_as}`, " ",
      el("a", { href: selectionPath({ node: node.node, peer: peer.peer_id }) }, "messages"))))],
    (node.evidence ?? []).length > 0 && [el("h2", {}, "Evidence: events that decided"), evidenceOf(node)],
    node.profile && [el("h2", {}, "What this node has seen of the host"), facts([["connections", count(node.profile.connection_count)], ["user agents", (node.profile.user_agents ?? []).join(", ")], ["versions", (node.profile.versions ?? []).join(", ")], ["types", (node.profile.connection_types ?? []).join(", ")], ["networks", (node.profile.networks ?? []).join(", ")]])]);
}

export function anomalyView({ parts, root, signal }) {
  const place = el("div");
  root.append(place);
  poll(() => [`/anomalies/${encodeURIComponent(parts[1])}`], ({ anomaly }) => {
    show(place, head(anomaly.kind, severityTag(anomaly.severity), tag(anomaly.state, anomaly.state === "open" ? "warn" : ""), el("span", { class: "mono quiet" }, anomaly.anomaly_id)),
      panel("", el("p", {}, anomaly.description ?? ""), facts([["subject", anomaly.subject], ["name", anomaly.subject_name], ["known as", anomaly.known_as], ["confidence", anomaly.confidence_percent && `${anomaly.confidence_percent} %`],
        ["began", `${dateAndClock(anomaly.first_ns, 3)} UTC`], ["last seen", `${dateAndClock(anomaly.last_ns, 3)} UTC`], ["reports", count((anomaly.updates ?? 0) + 1)], ["ending", anomaly.ending]]),
      anomaly.rule && note("Rule: ", anomaly.rule)),
      (anomaly.nodes ?? []).map((node) => nodePart(node, anomaly)));
  }, { signal, every: 5000, fail: (error) => show(place, head("Anomaly"), errorPanel(error)) });
}
