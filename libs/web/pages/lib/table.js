// A table that sorts by any column, by mouse and keyboard, and filters by text. On a phone each row becomes a card.
// A column is {key, label, value(row), cell(row), number, text, wide, title, first}: value() is what it sorts and filters by, cell() what it shows.

import { el, show } from "./dom.js";

const missing = (value) => value === undefined || value === null || value === "";

function compare(a, b) {
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  if (typeof a === "string" || typeof b === "string") return String(a).localeCompare(String(b), "en", { numeric: true });
  return a < b ? -1 : a > b ? 1 : 0;
}

export class Table {
  constructor({ columns, caption, name, sort, descending = false, rowClass }) {
    Object.assign(this, { columns, name, descending, rowClass });
    this.sort = sort ?? columns[0].key;
    this.rows = [];
    this.filter = "";
    this.head = el("tr");
    this.body = el("tbody");
    this.element = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      el("table", { class: "cards" }, el("caption", {}, caption), el("thead", {}, this.head), this.body));
    this.caption = caption;
    this.captionElement = this.element.querySelector("caption");
    this.drawHead();
  }

  drawHead() {
    show(this.head, this.columns.map((column) => el("th", {
      scope: "col", class: column.number && "number", title: column.title,
      "aria-sort": column.key === this.sort ? (this.descending ? "descending" : "ascending") : undefined,
    }, el("button", { type: "button", id: `${this.name}-by-${column.key}`, onclick: () => this.sortBy(column.key) }, column.label))));
  }

  sortBy(key) {
    const column = this.columns.find((one) => one.key === key);
    this.descending = key === this.sort ? !this.descending : Boolean(column.number);
    this.sort = key;
    this.drawHead();
    this.draw();
  }

  // Absent values stay at the end in both directions.
  sorted() {
    const { value } = this.columns.find((one) => one.key === this.sort);
    const sign = this.descending ? -1 : 1;
    return [...this.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return missing(x) || missing(y) ? compare(x, y) : sign * compare(x, y);
    });
  }

  matches(row) {
    if (!this.filter) return true;
    const text = this.columns.map((column) => column.value(row)).filter((value) => !missing(value)).join(" ").toLowerCase();
    return this.filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  // While somebody selects text in it, it stays as it is.
  update(rows) {
    this.rows = rows;
    const selected = getSelection();
    if (selected.type !== "Range" || !this.body.contains(selected.anchorNode)) this.draw();
  }

  draw() {
    const shown = this.sorted().filter((row) => this.matches(row));
    show(this.body, shown.map((row) => el("tr", { class: this.rowClass?.(row) }, this.columns.map((column, index) => {
      const value = column.cell ? column.cell(row) : column.value(row);
      const kind = [column.number && "number", column.text && "text", column.wide && "wide", column.nowrap && "nowrap"].filter(Boolean).join(" ");
      return el("td", { class: kind || undefined, "data-label": index ? column.label : undefined }, missing(value) ? el("span", { class: "quiet" }, "–") : value);
    }))));
    this.captionElement.textContent = shown.length ? this.caption : `${this.caption}: ${this.rows.length ? "none fits the filter" : "none so far"}`;
    this.onDraw?.(shown.length, this.rows.length);
  }
}

// The field that filters a table, with how many rows are shown.
export function filterField(table, label) {
  const count = el("span", { class: "note", role: "status" });
  table.onDraw = (shown, all) => { count.textContent = shown === all ? `(${all} rows)` : `(${shown} of ${all} rows)`; };
  const field = el("input", { type: "search", id: `${table.name}-filter`, placeholder: "words", spellcheck: "false", autocomplete: "off",
    oninput: () => { table.filter = field.value.trim(); table.draw(); } });
  return el("label", { class: "grow" }, el("span", {}, label, " ", count), field);
}
