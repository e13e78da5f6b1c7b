// SPDX-License-Identifier: Apache-2.0
// The frame of a line chart: a logarithmic axis of message sizes and one of times or bandwidths.

const chart = {left: 56, right: 56, top: 10, bottom: 40, height: 320};

/// Round numbers from `low` to `high`.
function ticksOf(low, high, logarithmic) {
  const values = [];
  if (logarithmic) {
    for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10) {
      for (const digit of [1, 2, 5]) values.push(decade * digit);
    }
  } else {
    const rough = high / 4;
    const decade = 10 ** Math.floor(Math.log10(rough));
    const step = decade * ([1, 2, 5].find((digit) => digit * decade >= rough) ?? 10);
    for (let value = 0; value <= high; value += step) values.push(value);
  }
  return values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
}

/// From value to pixel.
function scaleOf(low, high, from, to, logarithmic) {
  const along = logarithmic ? Math.log : (value) => value;
  return (value) => from + (to - from) * (along(value) - along(low)) / (along(high) - along(low));
}

function tickText(value) {
  return `${Number(value.toPrecision(3))}`;
}

/// Draws the axes; `factor` adds a second one on the right, of values that many times larger.
function drawAxes(drawing, width, x, y, bytes, yTicks, title, factor, factorTitle) {
  const bottom = chart.height - chart.bottom;
  const words = (at, anchor, text, more = {}) =>
    drawing.append(svg("text", {class: "axis", x: at[0], y: at[1], "text-anchor": anchor, ...more}, text));
  const upright = (at, text) => words(at, "middle", text, {transform: `rotate(-90 ${at[0]} ${at[1]})`});
  const every = Math.max(1, Math.ceil(Math.log2(bytes[1] / bytes[0]) / Math.max(2, Math.floor((width - 112) / 62))));
  for (let power = Math.ceil(Math.log2(bytes[0])); power <= Math.log2(bytes[1]) + 1e-9; power += every) {
    const at = x(2 ** power);
    drawing.append(svg("line", {class: "line", x1: at, x2: at, y1: chart.top, y2: bottom}));
    words([at, bottom + 15], "middle", bytesText(2 ** power));
  }
  for (const value of yTicks) {
    const at = y(value);
    drawing.append(svg("line", {class: "line", x1: chart.left, x2: width - chart.right, y1: at, y2: at}));
    words([chart.left - 6, at + 4], "end", tickText(value));
    if (factor) words([width - chart.right + 6, at + 4], "start", tickText(value * factor));
  }
  words([(chart.left + width - chart.right) / 2, bottom + 33], "middle", "message of each rank");
  upright([12, (chart.top + bottom) / 2], title);
  if (factor) upright([width - 8, (chart.top + bottom) / 2], factorTitle);
}
