// SPDX-License-Identifier: Apache-2.0
// The maps of a view: the fastest strategy, the time of each strategy, and how much slower each is.

/// How often each strategy is the fastest, most often first.
function winsOf(view) {
  const wins = new Map();
  for (const cell of view.cells.values()) {
    if (cell.best !== null) wins.set(cell.best.strategy, (wins.get(cell.best.strategy) ?? 0) + 1);
  }
  return [...wins].sort((a, b) => b[1] - a[1]);
}

const anyFailed = (cell) => cell.rows.some((row) => row.state === 1);

function bestMap(view, layout) {
  const look = (cell) => {
    if (cell.best === null) return null;
    const fill = strategyColor(cell.best.strategy);
    return {fill, light: needsLightInk(fill), label: shortTime(cell.best.time)};
  };
  const wins = winsOf(view);
  const total = wins.reduce((sum, [, count]) => sum + count, 0);
  const shares = wins.map(([strategy, count]) => `${strategyName(strategy)} ${shareText(count, total)}`).join(", ");
  return drawMap(view, layout, `Context ${view.context.name}: ${shares || "nothing usable"}`, look, anyFailed);
}

/// One for each context, side by side.
function bestMaps(views) {
  const winners = [...new Set(views.flatMap((view) => winsOf(view).map(([strategy]) => strategy)))];
  return [element("h3", {}, "Which strategy is the fastest, and its time in µs"),
    legend(winners.map((strategy) => [strategyColor(strategy), strategyName(strategy)])),
    element("div", {class: "panels"}, views.map((view) => bestMap(view, mapLayout(view, views.length))))];
}

function strategyMaps(view, look) {
  const layout = mapLayout(view, view.strategies.length);
  return element("div", {class: "panels"}, view.strategies.map((strategy) => drawMap(view, layout, strategyName(strategy),
    (cell) => {
      const row = rowOf(cell, strategy);
      return row === null || row.state !== 0 ? null : look(cell, row);
    },
    (cell) => rowOf(cell, strategy)?.state === 1)));
}

function timeMaps(view) {
  const times = [...view.cells.values()].flatMap((cell) => cell.rows.filter((row) => row.state === 0).map((row) => row.time));
  if (times.length === 0) return [];
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const look = (cell, row) => {
    const fill = between(timeColors, most > least ? Math.log(row.time / least) / Math.log(most / least) : 0);
    return {fill, light: needsLightInk(fill), label: shortTime(row.time)};
  };
  return [element("h3", {}, `Time in µs, context ${view.context.name}`), timeLegend(least, most), strategyMaps(view, look)];
}

function differenceMaps(view) {
  const look = (cell, row) => {
    if (cell.best === null) return null;
    const percent = Math.max(100 * (row.time / cell.best.time - 1), 0);
    return {...differenceLook(percent), label: shortPercent(percent)};
  };
  return [element("h3", {}, `Slower than the fastest, in %, context ${view.context.name}`), differenceLegend(),
    strategyMaps(view, look)];
}
