// Addresses that peers gossip, by network and AS, and what of them is reachable.

import { isReport } from "../lib/api.js";
import { el, show, svg } from "../lib/dom.js";
import { count, dateAndClock, duration } from "../lib/format.js";
import { errorPanel, facts, head, note, panel } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { rememberQuery } from "../lib/router.js";
import { filterField, Table } from "../lib/table.js";
import { networkName } from "./fleet.js";

const share = (part, whole) => el("span", { class: "share", "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 100 5", preserveAspectRatio: "none" }, svg("rect", { width: whole ? (100 * part) / whole : 0, height: 5 })));

function groups(name, caption, first) {
  const most = (table) => Math.max(1, ...table.rows.map((row) => row.addresses ?? 0));
  const table = new Table({ name, caption, sort: "addresses", descending: true, columns: [first,
    { key: "addresses", label: "addresses", number: true, value: (row) => row.addresses, cell: (row) => [count(row.addresses), share(row.addresses, most(table))] },
    { key: "announcements", label: "announcements", number: true, value: (row) => row.announcements, cell: (row) => count(row.announcements) },
    { key: "checked", label: "checked", number: true, value: (row) => row.checked, cell: (row) => count(row.checked) },
    { key: "reachable", label: "reachable", number: true, value: (row) => row.reachable, cell: (row) => (row.checked ? [count(row.reachable), el("span", { class: "more" }, ` ${Math.round((100 * row.reachable) / row.checked)} %`)] : undefined) },
  ] });
  return table;
}

const addressText = (address) => (typeof address === "string" ? address : address ? `${address.address ?? address.network}:${address.port ?? ""}` : undefined);

export function addressesView({ query, root, signal }) {
  const byNetwork = groups("networks", "By network", { key: "network", label: "network", value: (row) => networkName(row.network) });
  const byAs = groups("systems", "By autonomous system: the 100 with most addresses", { key: "as", label: "AS", value: (row) => row.mapped_as, cell: (row) => [`${row.mapped_as}`, row.as_name && el("span", { class: "more" }, ` ${row.as_name}`)] });
  const results = new Table({ name: "results", caption: "Results of checks", sort: "count", descending: true, columns: [
    { key: "result", label: "result", value: (row) => row.result }, { key: "count", label: "checks", number: true, value: (row) => row.count, cell: (row) => count(row.count) }] });
  const checks = new Table({ name: "checks", caption: "Latest checks", sort: "time", descending: true, columns: [
    { key: "time", label: "time", number: true, value: (row) => row.timestamp_ns, cell: (row) => dateAndClock(row.timestamp_ns, 3) },
    { key: "address", label: "address", value: (row) => addressText(row.address), text: true, wide: true }, { key: "result", label: "result", value: (row) => row.result },
    { key: "reason", label: "reason", value: (row) => row.reason, text: true }, { key: "duration", label: "took", number: true, value: (row) => row.duration_ns, cell: (row) => duration(row.duration_ns) }] });
  const totals = el("div");
  const node = el("input", { id: "node", value: query.get("node") ?? "", placeholder: "all", onchange: () => { rememberQuery(new URLSearchParams(node.value ? { node: node.value } : {})); again(); } });
  const systems = el("div", { class: "panel flush" }, byAs.element);
  const noSystems = note("No autonomous systems: they need --asmap.");
  const withChecks = el("div", { class: "pair" }, el("div", { class: "panel flush" }, results.element), el("div", { class: "panel flush" }, checks.element));
  const filter = filterField(byAs, "filter of the autonomous systems");
  const noChecks = note("No results of checks: peer-observer-addr-connectivity publishes them.");
  root.append(head("Addresses"), el("div", { class: "controls" }, !isReport && el("label", {}, "node", node), filter), totals,
    el("div", { class: "panel flush" }, byNetwork.element), systems, noSystems, withChecks, noChecks);
  const again = poll(() => ["/addresses", { node: node.value.trim() }], (answer) => {
    show(totals, panel("", facts([["addresses", el("span", { "data-figure": "addresses" }, count(answer.addresses))], ["announcements", el("span", { "data-figure": "announcements" }, count(answer.announcements))]]),
      el("p", { class: "note" }, `What peers announced in addr and addrv2 ${isReport ? "during this report" : "since this service started"}, over the latest 200,000 addresses. A peer may announce anything: these are claims.`)));
    byNetwork.update(answer.by_network ?? []);
    systems.hidden = filter.hidden = !answer.by_as?.length;
    noSystems.hidden = answer.by_as !== undefined;
    byAs.update(answer.by_as ?? []);
    results.update(answer.results ?? []);
    checks.update(answer.latest_checks ?? []);
    withChecks.hidden = !answer.results?.length;
    noChecks.hidden = !withChecks.hidden;
  }, { signal, every: 5000, fail: (error) => show(totals, errorPanel(error)) });
}
