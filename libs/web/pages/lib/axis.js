// Places and labels of the ticks of a time axis. Times are in milliseconds, with fractions.

const MS = [1e-3, 1e-2, 1e-1, 1, 10, 100, 500, 1e3, 5e3, 15e3, 60e3, 300e3, 900e3, 3600e3, 4 * 3600e3, 24 * 3600e3, 7 * 24 * 3600e3];

export function ticks(from, to, most) {
  const step = MS.find((one) => (to - from) / one <= most) ?? (to - from) / most;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to && found.length <= most; at += step) found.push(at);
  return { step, at: found };
}

export function tickLabel(at, step) {
  const text = new Date(at).toISOString();
  if (step >= 24 * 3600e3) return text.slice(0, 10);
  if (step >= 60e3) return text.slice(11, 16);
  if (step >= 1e3) return text.slice(11, 19);
  if (step >= 1) return text.slice(17, 23);
  return `${text.slice(17, 20)}${((at / 1e3) % 1).toFixed(6).slice(2)}`;
}
