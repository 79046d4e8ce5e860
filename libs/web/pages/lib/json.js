// JSON with integers above 2^53, such as timestamp_ns and services: JSON.parse would round them, so they become BigInt.

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g; // a number whole, with the digits behind its point
const LONG_INTEGER = /^-?\d{16,}$/;
// Nobody outside can guess it, so no string of a peer is taken for a number.
const MARK = `${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`;

export function parse(text) {
  const marked = text.replace(STRING_OR_NUMBER, (found) => (LONG_INTEGER.test(found) ? `"${MARK}${found}"` : found));
  return JSON.parse(marked, (key, value) => (typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value));
}

export function stringify(value, indent) {
  const text = JSON.stringify(value, (key, one) => (typeof one === "bigint" ? `${MARK}${one}` : one), indent);
  return text.replace(new RegExp(`"${MARK}(-?\\d+)"`, "g"), "$1");
}

// UNIX time in nanoseconds in milliseconds with a fraction: exact to a quarter of a microsecond.
export function milliseconds(ns) {
  const digits = String(ns);
  if (digits.length <= 15) return Number(digits) / 1e6;
  return Number(digits.slice(0, -6)) + Number(digits.slice(-6)) / 1e6;
}

// From one such time to another, exactly.
export function nanosecondsBetween(from, to) {
  return Number(BigInt(to) - BigInt(from));
}
