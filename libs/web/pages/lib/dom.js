// Makes elements. Text reaches the document only as text nodes, so that nothing a peer chose can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "href") element.setAttribute("href", local(value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// A link stays on this site: anything else, such as javascript:, becomes the first page.
function local(target) {
  return /^(#|\/api\/)/.test(target) ? target : "#/";
}

export function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

// Replaces what is in an element. The keyboard focus stays where it was: at the element of the same id or with the same link.
export function show(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  if (!focused) return;
  const href = focused.getAttribute("href");
  const same = focused.id ? document.getElementById(focused.id) : href && element.querySelector(`a[href="${CSS.escape(href)}"]`);
  same?.focus({ preventScroll: true });
}

// Not on a phone: the style sheets have the same limit.
export const isWide = () => document.documentElement.clientWidth > 700;
