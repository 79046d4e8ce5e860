// One event by its id, on a page of its own: what links and evidence point to.

import { el } from "../lib/dom.js";
import { openMessage } from "../lib/opened.js";
import { head } from "../lib/parts.js";

export function messageView({ parts, query, root, signal }) {
  const place = el("div", { class: "panel" });
  root.append(head("Event", el("span", { class: "mono quiet" }, parts[1])), place);
  openMessage(place, parts[1], query.get("node") ?? undefined, signal);
}
