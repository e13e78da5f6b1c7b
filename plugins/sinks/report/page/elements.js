// SPDX-License-Identifier: Apache-2.0
// Elements with attributes and children. Texts become text nodes, never markup, so no name can be one.

function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

function replaceContents(id, ...children) {
  document.getElementById(id).replaceChildren(...children.flat().filter((child) => child !== null));
}

/// A table that scrolls sideways in a box of its own, below its caption, with its first column always in sight. A column
/// is [heading, class of its cells].
function table(caption, columns, rows) {
  const cell = (name, column, content) => element(name, {class: column[1]}, content);
  const box = element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    element("table", {"aria-label": caption},
      element("thead", {}, element("tr", {}, columns.map((column) => cell("th", column, column[0])))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((value, i) => cell("td", columns[i], value)))))));
  return element("div", {class: "table"}, element("p", {class: "caption"}, caption), box);
}

/// Swatches with words.
function legend(entries) {
  return element("div", {class: "legend"}, entries.map(([color, text]) => {
    const swatch = element("i", {class: "swatch"});
    swatch.style.background = color;
    return element("span", {}, swatch, text);
  }));
}
