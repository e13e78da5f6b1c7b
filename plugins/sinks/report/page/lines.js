// SPDX-License-Identifier: Apache-2.0
// Time and bandwidth over the size of the message: a line per strategy, told apart by colour, dash and mark.

const dashes = ["", "7 3", "2 3", "9 3 2 3", "4 4"];

/// Of several shapes of one size the fastest row.
function seriesOf(view) {
  const all = view.strategies.map((strategy, index) => {
    const bySize = new Map();
    for (const cell of view.cells.values()) {
      const row = rowOf(cell, strategy);
      if (row === null || row.state !== 0) continue;
      const other = bySize.get(cell.bytes);
      if (other === undefined || row.time < other.row.time) bySize.set(cell.bytes, {bytes: cell.bytes, row, cell});
    }
    const points = [...bySize.values()].sort((a, b) => a.bytes - b.bytes);
    return {name: strategyName(strategy), color: strategyColor(strategy), index, points};
  });
  const {tp, fusion, dtype} = view.group;
  for (const [name, color, curveTp, curveFusion, curveDtype, points] of data.curves) {
    if (curveTp !== tp || curveFusion !== fusion || curveDtype !== dtype) continue;
    all.push({name, color, index: all.length, points: points.map(([bytes, time]) =>
      ({bytes, row: {time, low: null, high: null}, cell: null}))});
  }
  return all.filter((series) => series.points.length > 0);
}

/// The style sheet draws with a line's colour, lighter on a dark page and darker on a light one.
function colored(node, color) {
  node.style.setProperty("--own", color);
  return node;
}

/// A mark of its own for each line: circle, square, diamond, triangle.
function markOf(index, x, y, color) {
  const shapes = [
    () => svg("circle", {cx: x, cy: y, r: 3.2}),
    () => svg("rect", {x: x - 3, y: y - 3, width: 6, height: 6}),
    () => svg("path", {d: `M${x} ${y - 4.4}l4.4 4.4l-4.4 4.4l-4.4 -4.4z`}),
    () => svg("path", {d: `M${x} ${y - 4}l4.2 7h-8.4z`})];
  const mark = shapes[index % shapes.length]();
  mark.setAttribute("class", "mark");
  return colored(mark, color);
}

function strokeOf(series, path) {
  return colored(svg("path", {class: "series", d: path, fill: "none", "stroke-width": 1.8,
    "stroke-dasharray": dashes[series.index % dashes.length]}), series.color);
}

/// `value(time, bytes)` is what is drawn.
function drawLines(view, all, value, options) {
  const room = document.querySelector("main").clientWidth - 32;
  const width = isNarrow() ? room : Math.min(room, Math.max(520, (room - 24) / 2));
  const points = all.flatMap((series) => series.points);
  const sizes = points.map((point) => point.bytes);
  const values = points.map((point) => value(point.row.time, point.bytes));
  const bytes = [Math.min(...sizes), Math.max(...sizes)];
  if (bytes[0] === bytes[1]) [bytes[0], bytes[1]] = [bytes[0] / 2, bytes[1] * 2];
  const [low, high] = options.logarithmic ? [Math.min(...values) / 1.15, Math.max(...values) * 1.15] : [0, Math.max(...values) * 1.05];
  const x = scaleOf(...bytes, chart.left + 6, width - chart.right - 6, true);
  const y = scaleOf(low, high, chart.height - chart.bottom, chart.top, options.logarithmic);
  const within = (at) => Math.min(Math.max(at, chart.top), chart.height - chart.bottom); // a wide interval ends at the frame
  const drawing = svg("svg", {width, height: chart.height, role: "group", "aria-label": `${options.title}; arrow keys move between points`});
  drawAxes(drawing, width, x, y, bytes, ticksOf(low, high, options.logarithmic), options.axis, options.factor, options.factorAxis);
  const nodes = all.map((series) => {
    const places = series.points.map((point) => [x(point.bytes), y(value(point.row.time, point.bytes))]);
    const path = "M" + places.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L");
    drawing.append(strokeOf(series, path));
    return series.points.map((point, i) => drawPoint(drawing, view, series, point, places[i],
      point.row.low === null ? null : [y(value(point.row.low, point.bytes)), y(value(point.row.high, point.bytes))].map(within), options));
  });
  makeFocusable(drawing, nodes);
  return element("div", {class: "panel"}, element("h4", {}, options.title), drawing);
}

/// A thin bar; its ends are left out where they would be part of the mark.
function intervalOf(x, [from, to], color) {
  const ends = Math.abs(from - to) < 9 ? "" : `M${x - 3.5} ${from}h7M${x - 3.5} ${to}h7`;
  return colored(svg("path", {class: "series interval", d: `M${x} ${from}V${to}${ends}`, fill: "none", "stroke-width": 1}), color);
}

function drawPoint(drawing, view, series, point, [x, y], interval, options) {
  const node = svg("g", {class: "point"});
  if (interval !== null) node.append(intervalOf(x, interval, series.color));
  node.append(markOf(series.index, x, y, series.color));
  node.tipLines = [`${series.name}, ${bytesText(point.bytes)}: ${timeText(point.row.time)}`, options.describe(point),
    ...(point.cell === null ? [] : describe(view, point.cell))];
  drawing.append(node);
  return node;
}

function lineCharts(view) {
  const all = seriesOf(view);
  if (all.length === 0) return [];
  const factor = busFactor(view.group.tp);
  const algorithm = (time, bytes) => bytes / time / 1e3;
  const words = (point) => {
    const bandwidth = algorithm(point.row.time, point.bytes);
    return `algbw ${bandwidth.toPrecision(3)} GB/s, busbw ${(bandwidth * factor).toPrecision(3)} GB/s`;
  };
  const key = all.map((series) => {
    return element("span", {}, svg("svg", {width: 30, height: 16, "aria-hidden": "true"}, strokeOf(series, "M0 8H30"),
      markOf(series.index, 15, 8, series.color)), series.name);
  });
  return [element("h3", {}, `Over the size of the message, context ${view.context.name}`),
    element("div", {class: "legend"}, key),
    element("div", {class: "panels"},
      drawLines(view, all, (time) => time, {title: "Time, µs", axis: "µs", logarithmic: true, describe: words}),
      drawLines(view, all, algorithm, {title: "Bandwidth, GB/s: algbw left, busbw right", axis: "algbw, GB/s",
        factor, factorAxis: "busbw, GB/s", describe: words})),
    element("p", {class: "quiet"}, `As nccl-tests define them: algbw = message size / time; busbw = algbw x 2 (n - 1) / n, here x ` +
      `${tickText(factor)}, as n = ${view.group.tp} ranks. Of several shapes of one size the fastest. Bars: 95 % intervals of the median.`)];
}
