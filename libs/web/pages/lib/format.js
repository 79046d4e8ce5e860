// Figures as people read them. Absent ones are a dash: the pages say what they do not know.

import { milliseconds } from "./json.js";

const NONE = "–";

export const absent = (value) => value === undefined || value === null || value === "";

export function count(value) {
  return absent(value) ? NONE : Number(value).toLocaleString("en-US", { maximumFractionDigits: 0 });
}

// `1 connection`, `12 connections`.
export const plural = (number, word) => `${count(number)} ${word}${Number(number) === 1 ? "" : "s"}`;

export function rate(value) {
  if (absent(value)) return NONE;
  const number = Number(value);
  if (number === 0) return "0";
  return number < 10 ? number.toFixed(number < 1 ? 2 : 1) : count(number);
}

export function bytes(value) {
  if (absent(value)) return NONE;
  let number = Number(value);
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (number < 1000 || unit === "GB") return `${unit === "B" ? number.toFixed(0) : number.toFixed(number < 10 ? 1 : 0)} ${unit}`;
    number /= 1000;
  }
}

// How long something took, from nanoseconds.
export function duration(ns) {
  if (absent(ns)) return NONE;
  const number = Math.abs(Number(ns));
  const sign = Number(ns) < 0 ? "−" : "";
  if (number < 1e3) return `${sign}${number} ns`;
  if (number < 1e6) return `${sign}${(number / 1e3).toPrecision(3)} µs`;
  if (number < 1e9) return `${sign}${(number / 1e6).toPrecision(3)} ms`;
  if (number < 60e9) return `${sign}${(number / 1e9).toPrecision(3)} s`;
  return sign + age(number / 1e9);
}

// How long something has lasted, from seconds: the two largest units.
export function age(seconds) {
  if (absent(seconds)) return NONE;
  const whole = Math.max(0, Math.floor(Number(seconds)));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

const pad = (number, width) => String(number).padStart(width, "0");

// Time of day in UTC, with as many digits of a second as asked for (0, 3, 6 or 9).
export function clock(ns, digits = 3) {
  if (absent(ns) || Number(ns) === 0) return NONE;
  const date = new Date(milliseconds(ns));
  const seconds = `${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}`;
  return digits ? `${seconds}.${String(ns).padStart(9, "0").slice(-9).slice(0, digits)}` : seconds;
}

export function dateAndClock(ns, digits = 0) {
  if (absent(ns) || Number(ns) === 0) return NONE;
  return `${new Date(milliseconds(ns)).toISOString().slice(0, 10)} ${clock(ns, digits)}`;
}

// An address of a network with long ones: its beginning, end and port; the whole of it belongs into a title.
export function shortAddress(address) {
  const [, host, port] = /^(.{24,}?)((?:\.onion|\.b32\.i2p)(?::\d+)?)$/.exec(address ?? "") ?? [];
  return host ? `${host.slice(0, 8)}…${host.slice(-4)}${port}` : address;
}

// The beginning and end of a hash.
export function short(hash, kept = 8) {
  return hash && hash.length > 2 * kept + 1 ? `${hash.slice(0, kept)}…${hash.slice(-kept)}` : (hash ?? NONE);
}

// The bits of services, by Bitcoin Core's names (protocol.h).
const SERVICES = { 0: "NETWORK", 2: "BLOOM", 3: "WITNESS", 6: "COMPACT_FILTERS", 10: "NETWORK_LIMITED", 11: "P2P_V2" };

export function serviceNames(services) {
  if (absent(services)) return [];
  const bits = BigInt(services);
  const names = [];
  for (let bit = 0; bit < 64; bit++) {
    if ((bits >> BigInt(bit)) & 1n) names.push(SERVICES[bit] ?? `2^${bit}`);
  }
  return names;
}
