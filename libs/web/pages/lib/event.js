// What the pages need of an event in the logger's JSON.

import { short } from "./format.js";

const MOST_WORDS = 12;
const WITHOUT = new Set(["peer_id", "address", "connection_type", "message_type", "size"]);

export const idOf = (event) => `${event.publisher}-${event.sequence}`;
export const processOf = (event) => (event.pid ? `${event.pid}.${event.process_start_ms ?? 0}` : undefined);
export const directionOf = (event) => event.kind.split(".")[1];
export const isMessage = (event) => event.kind.startsWith("message.");

function word(value, depth) {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${value.length}: ${word(value[0], depth + 1)}${value.length > 1 ? ", …" : ""}]`;
  if (value !== null && typeof value === "object") return depth > 3 ? "{…}" : `{${words(value, depth + 1)}}`;
  const text = String(value);
  return text.length > 40 ? short(text) : text;
}

function words(object, depth) {
  const all = Object.entries(object).filter(([name]) => depth > 0 || !WITHOUT.has(name));
  return all.slice(0, MOST_WORDS).map(([name, value]) => (depth === 0 && name === "payload" ? words(value, 1) : `${name}=${word(value, depth)}`)).join(" ") + (all.length > MOST_WORDS ? " …" : "");
}

// The fields, shortened, in the form of the logger's text.
export const summaryOf = (event) => words(event.event ?? {}, 0);
