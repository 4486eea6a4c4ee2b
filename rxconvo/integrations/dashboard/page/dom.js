// Elements. What comes from outside becomes text nodes and attributes, never markup: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `h("p", { class: "note", "data-n": 1, onclick }, "text", child)`. Absent values are left out. */
export function h(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/** Make an element of a drawing. */
export function s(tag, properties = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

/** Make one of the icons that index.html holds. */
export function icon(name) {
  return s("svg", { class: "icon", "aria-hidden": "true" }, s("use", { href: `#i-${name}` }));
}

/** A round monogram in a colour of its own. */
export function avatar(identity, name = identity, properties = {}) {
  const element = h("span", { class: "avatar", "aria-hidden": "true", ...properties });
  setAvatar(element, identity, name);
  return element;
}

export function setAvatar(element, identity, name = identity) {
  if (element.dataset.of === identity && element.dataset.named === name) return;
  element.dataset.of = identity;
  element.dataset.named = name;
  element.style.setProperty("--hue", hue(identity)); // a custom property through the CSSOM: no inline style to forbid
  element.textContent = initials(name);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? "" : value);
}

/** Bring the children of *parent* to be *nodes*, in that order, and move only what is not in place. */
export function arrange(parent, nodes) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  let place = parent.firstChild;
  const wanted = new Set(nodes);
  const skip = () => {
    while (place && !wanted.has(place)) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  };
  skip();
  for (const node of nodes) {
    if (node === place) {
      place = place.nextSibling;
      skip();
    } else if (node.parentNode === parent && parent.moveBefore) {
      parent.moveBefore(node, place); // keeps focus and scrolling
    } else {
      parent.insertBefore(node, place);
    }
  }
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

function furnish(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else setAttribute(element, name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function initials(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => Array.from(word)[0].toUpperCase()).join("") || "·";
}

function hue(identity) {
  let sum = 0;
  for (const character of identity) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % 360;
}
