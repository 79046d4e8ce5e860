// All nodes: is each up, what is connected to it, what flows, what is wrong.

import { el, show } from "../lib/dom.js";
import { age, bytes, count, rate } from "../lib/format.js";
import { nanosecondsBetween } from "../lib/json.js";
import { blockPath, nodeLink } from "../lib/links.js";
import { errorPanel, head, note, tag } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { sparkline } from "../lib/sparkline.js";

const sum = (values) => values.reduce((a, b) => a + b, 0);
const NETWORKS = { UNROUTABLE: "local", IPV4: "IPv4", IPV6: "IPv6", ONION: "Tor", I2P: "I2P", CJDNS: "CJDNS", INTERNAL: "internal", TORV2: "Tor v2", TORV3: "Tor v3", UNKNOWN: "unknown" };
export const networkName = (network) => NETWORKS[network] ?? network;

export const secondsSince = (now, then) => (then === undefined ? undefined : nanosecondsBetween(then, now) / 1e9);

// Figures of a node; the node's own page begins with the same.
export function nodeFigures(node, now) {
  return [
    ["height", node.height === undefined ? undefined : node.tip_hash ? el("a", { href: blockPath(node.tip_hash), "data-figure": "height" }, count(node.height)) : count(node.height)],
    ["tip age", node.tip_ns && age(secondsSince(now, node.tip_ns))],
    ["peers", node.peer_count === undefined ? undefined : el("span", { "data-figure": "peer_count" }, count(node.peer_count))],
    ["lost events", node.events_lost === undefined ? undefined : node.events_lost ? el("span", { class: "bad" }, count(node.events_lost)) : "0"],
    ["missed events", node.missed_events === undefined ? undefined : node.missed_events || node.unknown_losses
      ? el("span", { class: "bad" }, count(node.missed_events), node.unknown_losses ? ` and ${count(node.unknown_losses)} losses of unknown size` : "") : "0"],
    ["open anomalies", node.open_anomalies === undefined ? undefined : node.open_anomalies ? el("a", { href: `#/anomalies?node=${encodeURIComponent(node.node)}`, class: "warn" }, count(node.open_anomalies)) : "0"],
    ["events", node.events === undefined ? undefined : el("span", { "data-figure": "events" }, count(node.events))],
  ];
}

export function networksOf(node) {
  return (node.peers_by_network ?? []).map(({ network, inbound, outbound }) => el("span", { class: "network" },
    el("span", { class: "quiet" }, networkName(network)), " ",
    inbound !== undefined && el("span", { class: "in", title: `${inbound} inbound` }, `${inbound} in `), el("span", { class: "out", title: `${outbound} outbound` }, `${outbound} out`)));
}

// The last full step is what "now" is: the one after it has only begun.
const latest = (values, step) => (values.length > 1 ? values.at(-2) / step : 0);

export function ratesOf({ rates }) {
  if (!rates) return undefined; // not for the public
  const step = rates.step_s;
  const each = (values) => values.map((value) => value / step);
  const line = (name, figures, kind, shown) => el("div", { class: "rate" },
    el("span", { class: "quiet" }, name), sparkline(each(figures), { label: `${name} a second, last ten minutes`, kind }), el("span", { class: "mono nowrap" }, shown));
  return el("div", { class: "rates" },
    line("messages in", rates.messages_in, "in", `${rate(latest(rates.messages_in, step))}/s`),
    line("messages out", rates.messages_out, "out", `${rate(latest(rates.messages_out, step))}/s`),
    line("bytes in", rates.bytes_in, "in", `${bytes(latest(rates.bytes_in, step))}/s`),
    line("bytes out", rates.bytes_out, "out", `${bytes(latest(rates.bytes_out, step))}/s`));
}

export const upTag = (node) => (node.is_up ? tag("up", "good") : tag("no events", "bad", "no event and no heartbeat for 15 seconds"));

function card(node, now) {
  return el("article", { class: "panel node", "data-node": node.node },
    el("div", { class: "head" }, el("h1", {}, nodeLink(node.node)), upTag(node), el("span", { class: "quiet" }, node.subversion ?? "")),
    el("dl", { class: "facts" }, nodeFigures(node, now).filter(([, value]) => value !== undefined).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("p", { class: "networks" }, networksOf(node)),
    ratesOf(node));
}

export function fleetView({ root, signal }) {
  const title = head("Fleet");
  const total = el("span", { class: "quiet" });
  title.append(total);
  const cards = el("div", { class: "cards" });
  root.append(title, cards);
  poll(() => ["/nodes"], ({ nodes, time_ns }) => {
    total.textContent = `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}${nodes[0]?.peer_count === undefined ? "" : `, ${count(sum(nodes.map((node) => node.peer_count)))} peers`}`;
    show(cards, nodes.length ? nodes.map((node) => card(node, time_ns)) : note("No event has come yet. Is an extractor publishing at one of the sources?"));
  }, { signal, fail: (error) => show(cards, errorPanel(error)) });
}
