// Where the pages get what they show: the service, or the answers inside a report. See services/web/api.md.

import { parse } from "./json.js";

const report = document.getElementById("peer-observer-report");
const answers = report && parse(report.textContent).answers;

// Archive mode: the moment that is shown, and where reading begins.
const moment = { from_ns: undefined, at_ns: undefined };

export const isReport = Boolean(answers);

class ApiError extends Error {
  constructor(status, message, parameter) {
    super(message);
    Object.assign(this, { status, parameter });
  }
}

// The path with its parameters, of which absent ones are left out and lists are repeated.
export function pathOf(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") query.append(name, one);
  }
  const text = query.toString();
  return `/api/v1${path}${text ? `?${text}` : ""}`;
}

const timeless = (path) => path === "/about" || path === "/archive";

export async function api(path, parameters, signal) {
  const full = pathOf(path, isReport || timeless(path) ? parameters : { ...parameters, ...moment });
  if (answers) {
    // What a page selects with other parameters, it selects itself in a report.
    const found = answers[full] ?? answers[pathOf(path, { process: parameters?.process })] ?? answers[Object.keys(answers).find((one) => one.startsWith(`${pathOf(path)}?`))];
    if (found) return found;
    throw new ApiError(404, "This report does not have it.");
  }
  const response = await fetch(full, { signal, credentials: "same-origin", cache: "no-store" });
  const answer = parse(await response.text());
  if (!response.ok) throw new ApiError(response.status, answer.error?.message ?? `status ${response.status}`, answer.error?.parameter);
  if (answer.read_until_ns !== undefined && answer.read_until_ns < (moment.at_ns ?? 0n)) return api(path, parameters, signal);
  return answer;
}

// The same answer in a file, for a link to it.
export const reportPath = (parameters) => pathOf("/report", { ...parameters, ...moment });

export function setMoment(from, at) {
  Object.assign(moment, { from_ns: from, at_ns: at });
  window.dispatchEvent(new Event("moment"));
}

