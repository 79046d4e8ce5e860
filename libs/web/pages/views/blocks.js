// Blocks and transactions by hash: who announced one when, on each node, first to last; how compact blocks were reconstructed.

import { el, show, svg } from "../lib/dom.js";
import { count, dateAndClock, duration, plural, shortAddress } from "../lib/format.js";
import { nanosecondsBetween } from "../lib/json.js";
import { blockLink, blockPath, messagePath, nodeLink, peerLink, transactionLink, transactionPath } from "../lib/links.js";
import { errorPanel, facts, head, panel, tag } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { Table } from "../lib/table.js";
import { chartWidth } from "../lib/timeline.js";

const LANE = 22;

function search(chosen) {
  const field = el("input", { id: "hash", class: "mono", placeholder: "64 hex digits", spellcheck: "false", autocomplete: "off", size: 66, pattern: "[0-9a-fA-F]{64}", required: true });
  const kind = el("select", { id: "hash-of" }, ["transaction", "block"].map((value) => el("option", { value, selected: value === chosen }, value)));
  return el("form", { class: "controls", onsubmit: (event) => {
    event.preventDefault();
    location.hash = (kind.value === "block" ? blockPath : transactionPath)(field.value.trim().toLowerCase());
  } }, el("label", {}, "look up a", kind), el("label", { class: "grow" }, "hash, of a transaction txid or wtxid", field), el("button", { class: "plain", type: "submit" }, "Look up"));
}

export function blocksView({ root, signal }) {
  const tableOf = (name, caption) => new Table({ name, caption, sort: "first", descending: true, columns: [
    { key: "height", label: "height", number: true, value: (block) => block.height, cell: (block) => block.height !== undefined && el("a", { href: blockPath(block.hash) }, count(block.height)) },
    { key: "hash", label: "hash", value: (block) => block.hash, cell: (block) => blockLink(block.hash), wide: true },
    { key: "first", label: "first announced", number: true, value: (block) => block.first_ns, cell: (block) => dateAndClock(block.first_ns, 3) },
    { key: "nodes", label: "nodes", number: true, value: (block) => block.node_count },
    { key: "announcers", label: "announcing peers", number: true, value: (block) => block.announcer_count },
  ] });
  const connected = tableOf("blocks", "The latest blocks that a node connected");
  const announced = tableOf("announced-blocks", "The latest that no node connected so far. A peer may announce anything: these are claims");
  const place = el("div", { class: "panel flush" }, connected.element);
  const others = el("div", { class: "panel flush", hidden: true }, announced.element);
  root.append(head("Blocks and transactions"), search("transaction"), place, others);
  poll(() => ["/blocks"], ({ blocks }) => {
    connected.update(blocks.filter((block) => block.is_connected ?? true)); // to the public there are no others
    announced.update(blocks.filter((block) => block.is_connected === false));
    others.hidden = !announced.rows.length;
  }, { signal, fail: (error) => show(place, errorPanel(error)) });
}

// A row of dots for each node: when each peer announced it, after the first announcement anywhere.
function race(found) {
  const announcements = found.nodes.flatMap((node) => node.announcements ?? []);
  if (announcements.length < 2) return undefined; // nothing to compare
  const after = (ns) => nanosecondsBetween(found.first_ns, ns) / 1e6;
  const longest = Math.max(1e-3, ...announcements.map((one) => after(one.timestamp_ns)), ...found.nodes.map((node) => (node.connected_ns ? after(node.connected_ns) : 0)));
  const width = chartWidth();
  const left = width > 600 ? 110 : 6;
  const lane = width > 600 ? LANE : LANE + 12;
  const x = (value) => left + (value / longest) * (width - left - 14) + 5;
  const height = found.nodes.length * lane + 22;
  return svg("svg", { class: "dots", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${announcements.length} announcements within ${duration(longest * 1e6)}; the tables below list them` },
    (width > 600 ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.5, 1]).map((part) => [svg("line", { class: "grid", x1: x(part * longest), x2: x(part * longest), y1: 0, y2: height - 18 }), svg("text", { class: "tick", x: x(part * longest), y: height - 4, "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle" }, part ? `+${duration(Math.round(part * longest * 1e6))}` : "first")]),
    found.nodes.map((node, index) => {
      const y = index * lane + (left > 50 ? 12 : 20);
      return [svg("text", { class: "tick", x: 0, y: left > 50 ? y + 4 : y - 9 }, node.node),
        node.connected_ns && after(node.connected_ns) <= longest && after(node.connected_ns) >= 0 && svg("line", { class: "connected", x1: x(after(node.connected_ns)), x2: x(after(node.connected_ns)), y1: y - 9, y2: y + 9 }, svg("title", {}, "connected by the node")),
        [...(node.announcements ?? [])].reverse().map((one) => svg("circle", { class: `${one.direction === "outbound" ? "out" : one.by}`, cx: x(after(one.timestamp_ns)).toFixed(1), cy: y, r: 4.5 }, svg("title", {}, `${one.direction === "outbound" ? "to " : ""}${one.address} ${one.by} +${duration(one.delta_ns)}`)))];
    }));
}

function announcementsTable(node) {
  const table = new Table({ name: `on-${node.node}`, caption: `${plural(node.announcement_count ?? node.announcements.length, "announcement")} on ${node.node}, first to last`, sort: "after", columns: [
    { key: "after", label: "after the first", number: true, value: (one) => one.delta_ns, cell: (one) => duration(one.delta_ns ?? 0) },
    { key: "peer", label: "peer", wide: true, value: (one) => one.address, cell: (one) => el("span", { title: one.address }, peerLink(node.node, one.process, one.peer_id, shortAddress(one.address))) },
    { key: "direction", label: "direction", value: (one) => one.direction, cell: (one) => el("span", { class: one.direction === "inbound" ? "in" : "out" }, one.direction === "inbound" ? "← from the peer" : "→ to the peer") },
    { key: "by", label: "by", value: (one) => one.by, cell: (one) => (one.id ? el("a", { href: messagePath(one.id, node.node) }, one.by) : one.by) },
    { key: "time", label: "time", number: true, value: (one) => one.timestamp_ns, cell: (one) => dateAndClock(one.timestamp_ns, 6) },
  ] });
  table.update(node.announcements);
  return table.element;
}

function reconstructionOf(reconstruction) {
  if (!reconstruction) return undefined;
  const names = { prefilled_count: "prefilled", mempool_count: "from the mempool", extra_pool_count: "from the extra pool", short_id_count: "short ids", requested_count: "requested", requested_bytes: "bytes requested" };
  return [el("h2", {}, "Compact block"), facts(Object.entries(names).map(([name, label]) => [label, reconstruction[name] === undefined ? undefined : el("span", { class: name === "requested_count" && reconstruction[name] ? "warn" : "" }, count(reconstruction[name]))]))];
}

const SOURCES = { prefilled: ["prefilled", "the peer sent it in the compact block"], known: ["known", "the node had heard of it before"], blocktxn: ["asked for, sent", "in the peer's blocktxn"],
  requested: ["asked for, not seen", "in the node's getblocktxn, but in no blocktxn that is kept"], unknown: ["not known", "nobody told the node of it while it was observed: it may have had it from before"] };

// Where the node had each transaction of a compact block from: their short ids, made with its header and nonce, say which they are.
function compactBlockOf(node) {
  const compact = node.compact_block;
  if (!compact) return undefined;
  const table = new Table({ name: `compact-on-${node.node}`, caption: `${count(compact.transactions.length)} transactions, by position in the block`, columns: [
    { key: "index", label: "position", number: true, value: (one) => one.index },
    { key: "by", label: "from", value: (one) => SOURCES[one.by][0], cell: (one) => el("span", { title: SOURCES[one.by][1], class: one.by === "blocktxn" || one.by === "requested" ? "warn" : undefined }, SOURCES[one.by][0]) },
    { key: "short", label: "short id", value: (one) => one.short_id, cell: (one) => one.short_id && el("span", { class: "mono" }, one.short_id) },
    { key: "wtxid", label: "wtxid", value: (one) => one.wtxid, cell: (one) => one.wtxid && transactionLink(one.wtxid) } ] });
  table.update(compact.transactions);
  return [el("h2", {}, "How it was put together"), el("p", {}, "From the ", el("a", { href: messagePath(compact.id, node.node) }, "cmpctblock"), " of ", peerLink(node.node, compact.process, compact.peer_id, shortAddress(compact.address) || undefined), ", by short ids."),
    facts(Object.entries(SOURCES).map(([name, [label]]) => [label, count(compact[`${name}_count`])])), el("details", {}, el("summary", {}, "Each transaction"), table.element)];
}

function nodePart(node) {
  return panel("", el("div", { class: "head" }, el("h1", {}, nodeLink(node.node)), node.delta_ns !== undefined && el("span", { class: "quiet" }, `+${duration(node.delta_ns)}`)),
    facts([["first seen", node.first_ns && dateAndClock(node.first_ns, 6)], ["connected", node.connected_ns && dateAndClock(node.connected_ns, 6)], ["connecting took", node.connect_duration_ns === undefined ? undefined : duration(node.connect_duration_ns)], ["transactions", node.transaction_count === undefined ? undefined : count(node.transaction_count)],
      ["entered the mempool", node.mempool_added_ns && dateAndClock(node.mempool_added_ns, 6)], ["rejected", node.mempool_rejected_ns && [dateAndClock(node.mempool_rejected_ns, 6), " ", tag(node.reject_reason ?? "", "bad")]], ["left the mempool", node.mempool_removed_ns && [dateAndClock(node.mempool_removed_ns, 6), " ", tag(node.remove_reason ?? "")]]]),
    reconstructionOf(node.reconstruction), compactBlockOf(node), node.announcements?.length > 0 && announcementsTable(node));
}

const legend = () => el("p", { class: "note" }, "Filled: from a peer (cmpctblock teal, headers blue, inv brown, the whole of it green). Hollow: the node told the peer. The dashed line: the node connected the block. Times of different nodes are those of their own clocks.");

function lookup(kind, path) {
  return ({ parts, root, signal }) => {
    const hash = parts[1];
    const place = el("div");
    root.append(head(kind, el("span", { class: "mono" }, hash)), search(kind.toLowerCase()), place);
    poll(() => [`/${path}/${encodeURIComponent(hash)}`], (found) => {
      show(place, panel("Who announced it when", facts([["height", found.height === undefined ? undefined : count(found.height)], ["first seen", found.first_ns && `${dateAndClock(found.first_ns, 6)} UTC`], ["txid", found.txid && el("span", { class: "mono" }, found.txid)], ["wtxid", found.wtxid && el("span", { class: "mono" }, found.wtxid)]]),
        race(found), race(found) && legend()), found.nodes.map(nodePart));
    }, { signal, every: 3000, fail: (error) => show(place, errorPanel(error)) });
  };
}

export const blockView = lookup("Block", "blocks");
export const transactionView = lookup("Transaction", "transactions");
