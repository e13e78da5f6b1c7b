// SPDX-License-Identifier: Apache-2.0
// The page: what it shows, and what can be chosen.

const shown = {group: 0, context: data.groups[0]?.contexts[0]?.name, all: false};

/// The parts of a group's name in which groups differ, and its tp size and fusion.
function groupName(group) {
  const differs = (key) => new Set(data.groups.map((one) => one[key])).size > 1;
  return [`tp ${group.tp}`, differs("dtype") ? group.dtype : null, group.fusion, differs("how") ? group.how : null]
    .filter((part) => part !== null).join(", ");
}

/// The views of a group, the chosen context first.
function viewsOf(group) {
  const views = group.contexts.map((context) => viewOf(group, context));
  return views.sort((a, b) => (b.context.name === shown.context) - (a.context.name === shown.context));
}

function drawGroup(group) {
  const views = viewsOf(group);
  return element("section", {}, element("h2", {}, groupName(group)),
    element("p", {class: "quiet"}, `${group.dtype}; ${group.how}. Arrow keys move within a map; hover, tap or focus a cell for all of its times.`),
    bestMaps(views), differenceMaps(views[0]), timeMaps(views[0]), lineCharts(views[0]));
}

function drawGroups() {
  hideTip();
  const groups = shown.all ? data.groups : data.groups.slice(shown.group, shown.group + 1);
  replaceContents("groups", groups.map(drawGroup));
}

function choose(label, values, chosen, onChange) {
  const select = element("select", {}, values.map((text, i) => element("option", {value: i}, text)));
  select.selectedIndex = chosen;
  select.addEventListener("change", () => {
    onChange(select.selectedIndex);
    drawGroups();
  });
  return element("label", {}, label, select);
}

function drawControls() {
  const contexts = [...new Set(data.groups.flatMap((group) => group.contexts.map((context) => context.name)))];
  const all = element("input", {type: "checkbox"});
  all.checked = shown.all;
  all.addEventListener("change", () => {
    shown.all = all.checked;
    drawGroups();
  });
  replaceContents("controls",
    data.groups.length < 2 ? null : choose("Show", data.groups.map(groupName), shown.group, (i) => { shown.group = i; }),
    contexts.length < 2 ? null : choose("Context", contexts, Math.max(contexts.indexOf(shown.context), 0), (i) => { shown.context = contexts[i]; }),
    data.groups.length < 2 ? null : element("label", {}, all, "all at once, as for printing"));
}

function overviewRow(group, index) {
  const view = viewsOf(group)[0];
  const wins = winsOf(view);
  const total = wins.reduce((sum, [, count]) => sum + count, 0);
  const show = element("button", {type: "button"}, groupName(group));
  show.addEventListener("click", () => {
    shown.group = index;
    drawControls();
    drawGroups();
    document.getElementById("controls").scrollIntoView();
  });
  return [data.groups.length < 2 ? groupName(group) : show,
    wins.map(([strategy, count]) => `${strategyName(strategy)} ${shareText(count, total)}`).join(", ") || "nothing usable",
    group.gain === null ? "-" : `${group.gain.toFixed(2)}x`, `${total}`];
}

function drawPage() {
  replaceContents("verdict", data.verdict.map((line) => element("p", {}, line)));
  replaceContents("subject", `${data.platform}; ${data.setting}`);
  const gain = data.libraries.length === 0 ? "no library was measured"
    : `gain: geometric mean over ${data.libraries.length > 1 ? "the better of " : ""}${data.libraries.join(", ")}`;
  replaceContents("overview", table(`Share of shapes in which each strategy is the fastest; ${gain}`,
    [["tp, fusion", "name"], ["fastest in", "name"], ["gain", "number"], ["cells", "number"]], data.groups.map(overviewRow)));
  drawControls();
  drawGroups();
  replaceContents("regret", regretTables());
  replaceContents("troubles", troubleTables());
  replaceContents("machine", machineTables());
}

drawPage();
let drawnAt = document.documentElement.clientWidth;
addEventListener("resize", () => {
  if (document.documentElement.clientWidth === drawnAt) return;
  drawnAt = document.documentElement.clientWidth;
  drawGroups();
});
