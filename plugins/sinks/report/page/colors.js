// SPDX-License-Identifier: Apache-2.0
// Scales of colours that stay apart for the colour-blind: lightness rises or falls along each of them.

const timeColors = ["#381d5f", "#003f81", "#055b85", "#007691", "#03929a", "#02af99", "#08cf75", "#9ae252", "#f9ec41"];

const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/// Whether white is read better than black on a colour.
function needsLightInk(color) {
  const [red, green, blue] = channels(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18;
}

/// `position` in 0..1.
function between(colors, position) {
  const place = Math.min(Math.max(position, 0), 1) * (colors.length - 1);
  const below = Math.min(Math.floor(place), colors.length - 2);
  const [from, to] = [channels(colors[below]), channels(colors[below + 1])];
  const mixed = from.map((value, i) => Math.round(value + (to[i] - value) * (place - below)));
  return "#" + mixed.map((value) => value.toString(16).padStart(2, "0")).join("");
}

/// Steps of per cent above the fastest: a colour of the style sheet for each.
const differenceSteps = [1, 2, 5, 10, 20, 50, 100, 200];

function differenceLook(percent) {
  const found = differenceSteps.findIndex((end) => percent <= end + 1e-9);
  const step = found < 0 ? differenceSteps.length : found;
  return {fill: `var(--d${step})`, light: step >= 6};
}

function differenceLegend() {
  const entries = differenceSteps.map((end, i) => [`var(--d${i})`, `to ${end} %`]);
  entries.push([`var(--d${differenceSteps.length})`, `above ${differenceSteps.at(-1)} %`]);
  return legend(entries);
}

function timeLegend(least, most) {
  const bar = element("i", {class: "bar"});
  bar.style.background = `linear-gradient(to right, ${timeColors.join(", ")})`;
  return element("div", {class: "legend"}, element("span", {}, timeText(least), bar, `${timeText(most)}, logarithmic`));
}
