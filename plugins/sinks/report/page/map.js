// SPDX-License-Identifier: Apache-2.0
// A map: a cell for each shape. On a wide page tokens run to the right and hidden sizes upwards; on a narrow one
// tokens run down, as there are fewer hidden sizes.

const axisWidth = 62;
const axisHeight = 36;
const cellHeight = 30;
const narrowestCell = 34;
const widestCell = 56;
const isNarrow = () => document.documentElement.clientWidth < 640;

/// The values along the map, and the cell width for `count` maps side by side.
function mapLayout(view, count) {
  const transposed = isNarrow();
  const hidden = [...view.hidden].reverse();
  const layout = transposed
    ? {transposed, columns: view.hidden, rows: view.tokens, across: "hidden size", down: "tokens"}
    : {transposed, columns: view.tokens, rows: hidden, across: "tokens", down: "hidden size"};
  const room = document.querySelector("main").clientWidth - 32;
  const least = axisWidth + 2 + layout.columns.length * narrowestCell;
  const fittingMaps = Math.max(1, Math.min(count, Math.floor((room + 24) / (least + 24))));
  const side = Math.ceil(count / Math.ceil(count / fittingMaps)); // four maps are two and two, not three and one
  const width = (room - 24 * (side - 1)) / side;
  const fitting = Math.floor((width - axisWidth - 2) / layout.columns.length);
  layout.cellWidth = Math.min(Math.max(fitting, narrowestCell), widestCell);
  return layout;
}

/// `look(cell)` gives {fill, shade, label, light}: a colour or a class, the text, and whether its ink is light; null for
/// a cell without a value. `failed(cell)`: whether it is to be crossed out.
function drawMap(view, layout, title, look, failed) {
  const {columns, rows, cellWidth} = layout;
  const drawing = svg("svg", {width: axisWidth + columns.length * cellWidth + 2, height: rows.length * cellHeight + axisHeight,
    role: "group", "aria-label": `${title}; arrow keys move between cells`});
  const nodes = rows.map((down, y) => {
    const top = y * cellHeight;
    drawing.append(svg("text", {class: "axis", x: axisWidth - 8, y: top + cellHeight / 2 + 4, "text-anchor": "end"}, `${down}`));
    return columns.map((across, x) => {
      const cell = layout.transposed ? view.cells.get(cellKey(across, down)) : view.cells.get(cellKey(down, across));
      const node = drawCell(axisWidth + x * cellWidth, top, cellWidth, cell, look, failed);
      node.tipLines = cell === undefined ? ["not measured"] : describe(view, cell);
      drawing.append(node);
      return node;
    });
  });
  const bottom = rows.length * cellHeight;
  columns.forEach((across, x) => {
    const text = svg("text", {class: "axis", x: axisWidth + (x + 0.5) * cellWidth, y: bottom + 14, "text-anchor": "middle"},
      `${across}`);
    if (`${across}`.length * 7 > cellWidth) text.setAttribute("font-size", "9");
    drawing.append(text);
  });
  drawing.append(svg("text", {class: "axis", x: axisWidth + columns.length * cellWidth / 2, y: bottom + 30,
    "text-anchor": "middle"}, layout.across));
  drawing.append(svg("text", {class: "axis", x: 10, y: bottom / 2, "text-anchor": "middle",
    transform: `rotate(-90 10 ${bottom / 2})`}, layout.down));
  makeFocusable(drawing, nodes);
  return element("div", {class: "panel"}, element("h4", {}, title), element("div", {class: "scroll"}, drawing));
}

function drawCell(left, top, width, cell, look, failed) {
  const box = svg("rect", {x: left, y: top, width, height: cellHeight});
  const node = svg("g", {class: "cell"}, box);
  const shown = cell === undefined ? null : look(cell);
  if (shown === null) {
    node.classList.add(cell !== undefined && failed(cell) ? "failed" : "empty");
    if (node.classList.contains("failed")) {
      const [x, y] = [left + width / 2, top + cellHeight / 2];
      node.append(svg("path", {d: `M${x - 6} ${y - 6}l12 12m0 -12l-12 12`}));
    }
    return node;
  }
  box.style.fill = shown.fill;
  node.append(svg("text", {class: shown.light ? "light" : "dark", x: left + width / 2, y: top + cellHeight / 2 + 4,
    "text-anchor": "middle"}, shown.label));
  return node;
}
