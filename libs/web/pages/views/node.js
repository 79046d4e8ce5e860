// One node: its figures, its peers now and in the last hour, their lifetimes.

import { isReport } from "../lib/api.js";
import { el, show } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { milliseconds } from "../lib/json.js";
import { anomalyPath, nodePath, peerPath, selectionPath } from "../lib/links.js";
import { errorPanel, facts, head, note } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { filterField, Table } from "../lib/table.js";
import { timeline } from "../lib/timeline.js";
import { networkName, networksOf, nodeFigures, ratesOf, upTag } from "./fleet.js";
import { peerColumns } from "./peer_columns.js";

const HOUR_MS = 3600e3;

function lifetimes(node, peers, now) {
  const to = milliseconds(now);
  const bars = peers.map((peer) => ({
    from: peer.opened_ns ? milliseconds(peer.opened_ns) : milliseconds(peer.first_ns ?? now),
    to: peer.closed_ns ? milliseconds(peer.closed_ns) : to,
    label: `peer ${peer.peer_id} ${peer.address} ${peer.connection_type}${peer.ending ? `, ${peer.ending}` : ""}`,
    kind: `${peer.direction === "inbound" ? "in" : "out"} ${peer.closed_ns ? "ended" : ""} ${peer.ending === "evicted" ? "evicted" : ""}`,
    href: peerPath(node, peer.process, peer.peer_id),
  }));
  const oldest = Math.min(to - 60e3, ...bars.map((bar) => bar.from));
  return timeline(bars, { from: isReport ? oldest : Math.max(oldest, to - HOUR_MS), to, label: "Lifetimes of connections" });
}

function publicPeers(groups) {
  const table = new Table({ name: "groups", caption: "Peers by type; addresses are not shown to the public", columns: [
    { key: "type", label: "type", value: (group) => group.connection_type },
    { key: "network", label: "network", value: (group) => networkName(group.network) },
    { key: "count", label: "peers", number: true, value: (group) => group.count },
  ] });
  table.update(groups);
  return table.element;
}

export function nodeView({ parts, query, root, signal }) {
  const node = parts[1];
  const anomaly = query.get("anomaly");
  let now;
  let latest;
  const up = el("span");
  const figures = el("div");
  const life = el("div", { class: "panel" });
  const table = new Table({ name: "peers", caption: `Peers of ${node}`, sort: "age", descending: true, columns: peerColumns(node, () => now),
    rowClass: (peer) => (peer.closed_ns ? "gone" : undefined) });
  const withGone = el("input", { type: "checkbox", id: "gone", checked: true, onchange: () => draw() });
  const controls = el("div", { class: "controls" }, filterField(table, "filter"),
    el("label", { class: "check" }, withGone, isReport ? "with those that are gone" : "with those gone in the last hour"));
  const peers = el("div", { class: "panel flush" }, table.element);
  root.append(head(node, up, el("a", { href: selectionPath({ node }) }, "messages"), el("a", { href: `#/anomalies?node=${encodeURIComponent(node)}` }, "anomalies")),
    figures, life, controls,
    anomaly ? note("Only peers that take part in anomaly ", el("a", { href: anomalyPath(anomaly), class: "mono" }, anomaly), ". ", el("a", { href: nodePath(node) }, "Show all peers")) : "", peers);

  function draw() {
    const all = withGone.checked ? [...latest.peers, ...latest.gone] : latest.peers;
    table.update(anomaly ? all.filter((peer) => peer.anomalies?.includes(anomaly)) : all);
  }
  poll(() => [`/nodes/${encodeURIComponent(node)}`], (answer) => {
    now = answer.time_ns;
    show(up, upTag(answer.node), " ", el("span", { class: "quiet" }, answer.node.subversion ?? ""));
    show(figures, el("div", { class: "panel split" }, facts(nodeFigures(answer.node, now)), el("p", { class: "networks" }, networksOf(answer.node)), ratesOf(answer.node)));
    if (answer.peers_by_type) return show(peers, publicPeers(answer.peers_by_type)), life.remove(), controls.remove();
    latest = answer;
    show(life, el("h2", {}, `Connections: ${count(answer.peers.length)} open, ${count(answer.gone.length)} ended${isReport ? "" : " in the last hour"}`),
      lifetimes(node, [...answer.peers, ...answer.gone], now),
      el("p", { class: "note legend" }, el("span", { class: "key in" }), "inbound ", el("span", { class: "key out" }), "outbound ", el("span", { class: "key ended" }), "ended ", el("span", { class: "key evicted" }), "evicted"));
    draw();
  }, { signal, fail: (error) => show(figures, errorPanel(error)) });
}
