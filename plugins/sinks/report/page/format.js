// SPDX-License-Identifier: Apache-2.0
// Numbers for people. A number and its unit stay on one line: \u00a0.

/// At most four characters: 0.5, 3.0, 12, 340, 1.2k, 3.0M.
function shortTime(us) {
  if (us < 0.05) return "<0.1";
  if (us < 9.95) return us.toFixed(1);
  if (us < 999.5) return us.toFixed(0);
  const [value, unit] = us < 999500 ? [us / 1e3, "k"] : [us / 1e6, "M"];
  return (value < 9.95 ? value.toFixed(1) : value.toFixed(0)) + unit;
}

/// One decimal below 10 %: 0, 0.4, 9.9, 12, 340, 5k.
function shortPercent(percent) {
  if (percent < 0.05) return "0";
  if (percent < 9.95) return percent.toFixed(1);
  if (percent < 999.5) return percent.toFixed(0);
  return (percent / 1e3).toFixed(0) + "k";
}

/// Four digits: 2.941 us, 12.34 us, 123.4 us, 12.43 ms, 1.500 s.
function timeText(us) {
  const [value, unit] = us < 999.95 ? [us, "µs"] : us < 999950 ? [us / 1e3, "ms"] : [us / 1e6, "s"];
  return value.toPrecision(4) + "\u00a0" + unit;
}

function bytesText(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (bytes >= 1024 && unit + 1 < units.length) {
    bytes /= 1024;
    ++unit;
  }
  return `${Number(bytes.toPrecision(4))}\u00a0${units[unit]}`;
}

function percentText(share) {
  return share === null ? "" : (100 * share).toFixed(2);
}

function shareText(part, whole) {
  const percent = 100 * part / whole;
  if (part > 0 && percent < 0.5) return "<1\u00a0%";
  return percent.toFixed(0) + "\u00a0%";
}
