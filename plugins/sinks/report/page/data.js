// SPDX-License-Identifier: Apache-2.0
// The rows of the page's JSON block as cells. A view is what was measured of one group (tp size, dtype, fusion, op and
// so on) in one context.

const data = JSON.parse(document.getElementById("data").textContent);

const strategyName = (index) => data.strategies[index][0];
const strategyColor = (index) => data.strategies[index][1];
const isAuto = (index) => strategyName(index) === "AUTO";

const cellKey = (hidden, tokens) => `${hidden} ${tokens}`;
const ascending = (values) => [...new Set(values)].sort((a, b) => a - b);
/// What each rank sends and receives over the message, as nccl-tests have it.
const busFactor = (tp) => 2 * (tp - 1) / tp;

function viewOf(group, context) {
  const view = {group, context, cells: new Map(), strategies: [], hidden: [], tokens: []};
  for (const [hidden, tokens, strategy, time, low, high, bound, state] of context.rows) {
    const key = cellKey(hidden, tokens);
    if (!view.cells.has(key)) {
      view.cells.set(key, {hidden, tokens, bytes: hidden * tokens * group.element_bytes, rows: [], best: null});
    }
    const cell = view.cells.get(key);
    cell.rows.push({strategy, time, low, high, bound, state});
    if (!view.strategies.includes(strategy)) view.strategies.push(strategy);
  }
  for (const cell of view.cells.values()) {
    cell.rows.sort((a, b) => (a.state === 0 ? a.time : Infinity) - (b.state === 0 ? b.time : Infinity));
    cell.best = cell.rows.find((row) => row.state === 0 && !isAuto(row.strategy)) ?? null;
  }
  view.hidden = ascending([...view.cells.values()].map((cell) => cell.hidden));
  view.tokens = ascending([...view.cells.values()].map((cell) => cell.tokens));
  return view;
}

/// The fastest usable row of a strategy in a cell, else one that failed or is suspect, else null.
const rowOf = (cell, strategy) => cell?.rows.find((row) => row.strategy === strategy) ?? null;

const stateText = ["", "failed", "suspect: below the lower bound"];

/// What is known of a cell, in lines: hover text, and what a screen reader says.
function describe(view, cell) {
  const lines = [`${cell.tokens} tokens x ${cell.hidden}, ${bytesText(cell.bytes)}, ${view.context.name}`];
  for (const row of cell.rows) {
    if (row.state !== 0) {
      lines.push(`${strategyName(row.strategy)}: ${stateText[row.state]}`);
      continue;
    }
    const above = cell.best === null ? 0 : 100 * (row.time / cell.best.time - 1);
    const interval = row.low === null ? "" : ` (${timeText(row.low)} to ${timeText(row.high)})`;
    const percent = row === cell.best ? "fastest" : `${above < 0 ? "-" : "+"}${shortPercent(Math.abs(above))}\u00a0%`;
    lines.push(`${strategyName(row.strategy)}: ${timeText(row.time)}${interval}, ${percent}`);
  }
  const bound = cell.rows.find((row) => row.bound !== null)?.bound;
  if (bound) lines.push(`lower bound ${timeText(bound)}`);
  const chosen = view.context.decides ? view.group.choices[cellKey(cell.hidden, cell.tokens)] : undefined;
  if (chosen) lines.push(`chosen: ${data.selectors.map((name, i) => `${name} ${strategyName(chosen[i])}`).join(", ")}`);
  return lines;
}
