// SPDX-License-Identifier: Apache-2.0
// Tables: regret, cells that have no time, the machine and the runs.

const regretColumns = [["selector", "name"], ["kind"], ["grid: mean %", "number"], ["p95 %", "number"], ["worst %", "number"],
  ["within 1 %", "number"], ["holdout: mean %", "number"], ["p95 %", "number"], ["worst %", "number"], ["within 1 %", "number"],
  ["regions", "number"], ["no time", "number"]];

function regretFigures([cells, unmeasured, mean, p95, worst, near]) {
  if (cells === unmeasured) return ["-", "-", "-", "-"];
  return [percentText(mean), percentText(p95), percentText(worst), shareText(near, 1)];
}

function regretTable(tp, fusion) {
  const rows = data.regret.filter((row) => row[2] === tp && row[3] === fusion);
  if (rows.length === 0) return null;
  const where = `${tp === 0 ? "all tp sizes" : `tp ${tp}`}, ${fusion === "" ? "all fusions" : fusion}`;
  const [grid, holdout] = [rows[0][5], rows[0][6]];
  return table(`${where}: grid of ${grid[0]} cells, holdout of ${holdout[0]}`, regretColumns,
    rows.map(([selector, source, , , regions, onGrid, onHoldout]) => [selector, source, ...regretFigures(onGrid),
      ...regretFigures(onHoldout), source === "measured" ? "" : `${regions}`, `${onGrid[1] + onHoldout[1]}`]));
}

function regretTables() {
  const keys = new Map(data.regret.map((row) => [`${row[2]} ${row[3]}`, [row[2], row[3]]]));
  const several = new Set(data.regret.map((row) => row[2])).size > 2;
  const shown = [...keys.values()].filter(([tp, fusion]) => fusion !== "" || tp !== 0 || several);
  if (shown.length === 0) return [element("p", {}, "No heuristic made a decision.")];
  shown.sort((a, b) => (a[1] !== "") - (b[1] !== "") || a[0] - b[0]);
  const tables = (ofFusions) => shown.filter(([, fusion]) => (fusion !== "") === ofFusions).map((key) => regretTable(...key));
  return [element("p", {class: "quiet"}, `Regret: time of the chosen strategy over that of the fastest, minus 1; ` +
    `${data.setting}. The holdout was never fitted.`), ...tables(false),
    element("details", {}, element("summary", {}, "For each tp size and fusion"), tables(true))];
}

function troubleTables() {
  const tables = [];
  if (data.troubles.length > 0) {
    tables.push(table(`${data.troubles.length} cells without a usable time`,
      [["state"], ["strategy", "name"], ["shape", "name"], ["context"], ["reason", "long"]], data.troubles));
  }
  if (data.skipped.length > 0) {
    tables.push(table("Skipped, by reason", [["cells", "number"], ["reason", "long"], ["for example", "name"]], data.skipped));
  }
  return tables.length > 0 ? tables : [element("p", {}, "None: every cell that was asked for has a time.")];
}

function machineTables() {
  const pairs = [["platform", data.platform], ...data.facts, ["decided by", data.setting], ["written by", data.made_by]];
  const tables = [table("Machine", [["fact", "name"], ["value", "long"]], pairs)];
  if (data.runs.length > 0) {
    tables.push(table("Runs", [["run", "name"], ["date, UTC", "name"], ["Arbiter", "name"], ["precision asked for", "number"]],
      data.runs.map(([id, date, version, precision]) => [id, date, version, precision === null ? "" : `±${precision} %`])));
  }
  for (const line of data.mixed) tables.push(element("p", {}, `Joined although ${line}`));
  tables.push(element("p", {class: "quiet"}, "The rest of a run's provenance is in run.<id>.json beside the CSVs."));
  return tables;
}
