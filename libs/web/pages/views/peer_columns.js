// The columns of a table of peers.

import { el } from "../lib/dom.js";
import { age, count, duration, serviceNames, shortAddress } from "../lib/format.js";
import { anomalyPath, peerLink } from "../lib/links.js";
import { tag } from "../lib/parts.js";
import { networkName, secondsSince } from "./fleet.js";

const MOST_TYPES = 3;

function perMinute(peer, direction) {
  const types = (peer.by_type ?? []).filter((type) => type[`per_minute_${direction}`]).sort((a, b) => b[`per_minute_${direction}`] - a[`per_minute_${direction}`]);
  const all = types.reduce((sum, type) => sum + type[`per_minute_${direction}`], 0);
  const words = types.map((type) => `${count(type[`per_minute_${direction}`])} ${type.message_type}`);
  return el("span", { title: words.join(", ") }, count(all), words.length > 0 && el("span", { class: "more" }, ` ${words.slice(0, MOST_TYPES).join(", ")}${words.length > MOST_TYPES ? " …" : ""}`));
}

const sumPerMinute = (peer, direction) => (peer.by_type ?? []).reduce((sum, type) => sum + (type[`per_minute_${direction}`] ?? 0), 0);

export const servicesOf = (peer) => peer.services_names ?? serviceNames(peer.services);

export function endingTag(peer) {
  if (!peer.ending) return undefined;
  return tag(peer.ending === "node_stopped" ? "node stopped" : peer.ending, peer.ending === "evicted" ? "bad" : "");
}

// `now` gives the time of the answer that is shown.
export function peerColumns(node, now) {
  const seconds = (peer, then) => secondsSince(peer.closed_ns ?? now(), then);
  return [
    { key: "peer", label: "peer", value: (peer) => peer.peer_id, cell: (peer) => [peerLink(node, peer.process, peer.peer_id, `${peer.peer_id}`), " ", endingTag(peer)], nowrap: true },
    { key: "address", label: "address", value: (peer) => peer.address, cell: (peer) => el("span", { title: peer.address }, peerLink(node, peer.process, peer.peer_id, shortAddress(peer.address))), nowrap: true, wide: true },
    { key: "as", label: "AS", value: (peer) => peer.mapped_as, cell: (peer) => peer.mapped_as && el("span", { title: peer.as_name }, `${peer.mapped_as}`, peer.as_name && el("span", { class: "more" }, ` ${peer.as_name}`)), text: true },
    { key: "network", label: "network", value: (peer) => networkName(peer.network) },
    { key: "type", label: "type", value: (peer) => peer.connection_type, cell: (peer) => el("span", { class: peer.direction === "inbound" ? "in" : "out" }, peer.connection_type), nowrap: true },
    { key: "transport", label: "transport", value: (peer) => peer.transport_protocol_type, title: "of getpeerinfo, where the rpc-extractor runs" },
    { key: "agent", label: "user agent", value: (peer) => peer.user_agent, cell: (peer) => peer.user_agent && el("span", { class: "mono" }, peer.user_agent), text: true, wide: true },
    { key: "services", label: "services", value: (peer) => servicesOf(peer).join(" "), cell: (peer) => peer.services === undefined ? undefined : el("span", { class: "more services" }, servicesOf(peer).join(" ") || "none"), text: true, wide: true },
    { key: "age", label: "age", number: true, value: (peer) => seconds(peer, peer.opened_ns), title: "since the connection was opened",
      cell: (peer) => el("span", { title: peer.is_opening_known ? "seen from its beginning" : "older than what was observed" }, age(seconds(peer, peer.opened_ns)), !peer.is_opening_known && "+") },
    { key: "last", label: "last message", number: true, value: (peer) => seconds(peer, peer.last_ns),
      cell: (peer) => peer.last_ns && [age(seconds(peer, peer.last_ns)), peer.last_message_type && el("span", { class: "more" }, ` ${peer.last_direction === "inbound" ? "←" : "→"} ${peer.last_message_type}`)] },
    { key: "in", label: "in/min", number: true, value: (peer) => sumPerMinute(peer, "in"), cell: (peer) => perMinute(peer, "in"), title: "messages of the last full minute, by type" },
    { key: "out", label: "out/min", number: true, value: (peer) => sumPerMinute(peer, "out"), cell: (peer) => perMinute(peer, "out"), title: "messages of the last full minute, by type" },
    { key: "messages", label: "messages", number: true, value: (peer) => (peer.messages_in ?? 0) + (peer.messages_out ?? 0), cell: (peer) => el("span", { title: `${count(peer.messages_in)} in, ${count(peer.messages_out)} out` }, count((peer.messages_in ?? 0) + (peer.messages_out ?? 0))) },
    { key: "ping", label: "ping", number: true, value: (peer) => peer.ping_ns, cell: (peer) => peer.ping_ns !== undefined && el("span", { title: `least ${duration(peer.min_ping_ns)}` }, duration(peer.ping_ns)) },
    { key: "feefilter", label: "feefilter", number: true, value: (peer) => peer.fee_filter_sat_per_kvb, cell: (peer) => peer.fee_filter_sat_per_kvb !== undefined && count(peer.fee_filter_sat_per_kvb), title: "sat/kvB" },
    { key: "blocks", label: "first blocks", number: true, value: (peer) => peer.first_blocks, title: "blocks that the node heard of from this peer first" },
    { key: "transactions", label: "first txs", number: true, value: (peer) => peer.first_transactions, title: "transactions that the node heard of from this peer first" },
    { key: "anomalies", label: "anomalies", number: true, value: (peer) => (peer.anomalies?.length ?? 0) + (peer.misbehaving?.length ?? 0),
      cell: (peer) => [(peer.anomalies ?? []).slice(0, 3).map((id, index) => [index > 0 && " ", el("a", { href: anomalyPath(id), class: "warn" }, "⚑", el("span", { class: "more" }, ` ${id.slice(0, 4)}`))]),
        peer.misbehaving?.length > 0 && tag("misbehaving", "bad", peer.misbehaving.join("\n")), !peer.anomalies?.length && !peer.misbehaving?.length && "0"] },
  ];
}
