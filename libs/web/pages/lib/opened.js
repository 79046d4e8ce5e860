// A message opened in its place: asked for by its id, with what answers it.

import { api, isReport } from "./api.js";
import { idOf } from "./event.js";
import { el, show } from "./dom.js";
import { duration } from "./format.js";
import { fieldTree } from "./fields.js";
import { messagePath } from "./links.js";
import { copyButton, errorPanel } from "./parts.js";

const PROOFS = { nonce: "the same nonce", hash: "the same hash", order: "the protocol allows one only", short_ids: "short ids, made with the header and nonce of the compact block" };

export const proof = (by) => PROOFS[by] ?? by;

// Whether the transactions of a message are in a compact block that was sent, too.
export const inCompactBlock = ({ matched, transaction_count: all }) => (all === 1 && matched === 1 ? "in the compact block" : `${matched} of ${all} in the compact block`);

function pairs(answer) {
  const line = (text, pair) => el("p", {}, text, el("a", { href: messagePath(pair.id, answer.node) }, duration(pair.duration_ns)), el("span", { class: "quiet" }, ` (${proof(pair.by)})`));
  return [answer.answers && line("Answers a request sent before it by ", answer.answers), (answer.answered_by ?? []).map((pair) => line("Answered after ", pair)),
    answer.in_compact_block && line(`${inCompactBlock(answer.in_compact_block)}, apart by `, answer.in_compact_block),
    answer.short_ids_matched && el("p", {}, `${answer.short_ids_matched} of its short ids are transactions of this conversation.`),
    answer.is_unanswered && el("p", { class: "warn" }, "No answer so far.")];
}

export function eventDetails(event, answer = {}) {
  return [
    answer.payload_omitted && el("p", { class: "note" }, "The event was larger than 32 KiB and is kept without its payload."),
    pairs({ node: event.node, ...answer }),
    fieldTree(event),
    el("p", {}, copyButton("Copy as JSON", () => event)),
  ];
}

export async function openMessage(place, id, node, signal) {
  show(place, el("p", { class: "quiet" }, "…"));
  try {
    const answer = await api(`/messages/${encodeURIComponent(id)}`, { node }, signal);
    show(place, eventDetails(answer.event, answer));
  } catch (error) {
    if (signal.aborted) return;
    const listed = isReport && (await api("/events", {}, signal)).events.find((event) => idOf(event) === id);
    if (listed) show(place, eventDetails(listed));
    else show(place, errorPanel(error.status !== 404 ? error : { message: isReport ? "This report has only the line of this event, not all of it." : "This event is no longer kept." }));
  }
}
