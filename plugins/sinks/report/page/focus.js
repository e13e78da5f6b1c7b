// SPDX-License-Identifier: Apache-2.0
// The hover text, by mouse, touch and keyboard. A drawing is one stop of the Tab key; arrows move within it.

function showTip(node) {
  const tip = document.getElementById("tip");
  const [first, ...rest] = node.tipLines;
  tip.replaceChildren(element("p", {class: "strong"}, first), ...rest.map((line) => element("p", {}, line)));
  tip.hidden = false;
  const place = node.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const left = Math.min(Math.max(8, place.left + place.width / 2 - tip.offsetWidth / 2), width - tip.offsetWidth - 8);
  const above = place.top - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above > 4 ? above : place.bottom + 8}px`;
}

function hideTip() {
  document.getElementById("tip").hidden = true;
}

/// Makes nodes with `lines` one stop of the Tab key. `rows` holds them as they stand, row by row.
function makeFocusable(drawing, rows) {
  rows = rows.filter((row) => row.length > 0);
  const all = rows.flat();
  if (all.length === 0) return;
  const focus = (node) => {
    for (const other of all) other.setAttribute("tabindex", "-1");
    node.setAttribute("tabindex", "0");
    node.focus();
  };
  for (const node of all) {
    node.setAttribute("tabindex", "-1");
    node.setAttribute("aria-label", node.tipLines.join("; "));
    node.setAttribute("role", "img");
    node.addEventListener("mouseenter", () => showTip(node));
    node.addEventListener("mouseleave", hideTip);
    node.addEventListener("focus", () => showTip(node));
    node.addEventListener("blur", hideTip);
    node.addEventListener("click", () => focus(node));
  }
  all[0].setAttribute("tabindex", "0");
  drawing.addEventListener("keydown", (event) => {
    const row = rows.findIndex((nodes) => nodes.includes(event.target));
    if (row < 0) return;
    const column = rows[row].indexOf(event.target);
    const steps = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
      Home: [0, -column], End: [0, rows[row].length - 1 - column]};
    if (event.key === "Escape") hideTip();
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [down, right] = steps[event.key];
    const next = rows[Math.min(Math.max(row + down, 0), rows.length - 1)];
    focus(next[Math.min(Math.max(column + right, 0), next.length - 1)]);
  });
}

addEventListener("scroll", hideTip, {passive: true});
