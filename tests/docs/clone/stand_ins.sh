#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stands in for the program by whose name it is called. What would build, or run every test, is only looked up: the
# preset, the target or the tests must be there. The real runner measures less.
#   REAL_BUILD, REAL_CMAKE, REAL_CTEST: the build folder, and the programs
set -euo pipefail
name=${0##*/}

refuse() {
  echo "$name: $*" >&2
  exit 1
}

expect_preset() {
  grep -q "\"name\": \"$1\"" CMakePresets.json || refuse "there is no preset $1"
}

expect_target() {
  # To the end of the list, which cmake must be able to write.
  "$REAL_CMAKE" --build "$REAL_BUILD" --target help | grep -w -- "$1" >/dev/null || refuse "there is no target $1"
}

case $name in
  runner)
    less=()
    case " $* " in
      *" --dry-run "* | *" --data_dir "* | *" --diff "* | *" --check "* | *" --list"*) ;;
      *" configs/h200.yaml "* | *" configs/engines.yaml "*) # for GPUs: the configuration alone
        less=(--data_dir results/h200-contexts --output_dir out/of_rows --set 'sinks=[summary]') ;;
      *)
        less=(--set 'problems.tp_size=[2]' --set 'problems.hidden_size=[256]' --set 'problems.num_tokens=[1,16]'
          --set 'problems.fusion=[NONE, RESIDUAL_RMS_NORM]' --set 'sinks=[csv, json, summary]'
          --set measurement.time_target_ms=1 --set measurement.min_samples=6) ;;
    esac
    exec "$REAL_BUILD/bin/runner" "$@" "${less[@]}"
    ;;
  cmake)
    case "${1:-} ${2:-}" in
      "--preset "*) expect_preset "$2"; exit ;;
      "--build --preset") expect_preset "$3"; shift 3 ;;
      "--build build") shift 2 ;;
      *) exec "$REAL_CMAKE" "$@" ;;
    esac
    if [ "${1:-}" = --target ]; then
      shift
      for target in "$@"; do expect_target "$target"; done
    fi
    ;;
  ctest)
    if [ "${1:-}" = --preset ]; then expect_preset "$2"; shift 2; fi
    total=$("$REAL_CTEST" --test-dir "$REAL_BUILD" -N "$@" | tail -n 1)
    [[ $total =~ Tests:\ [1-9] ]] || refuse "$* names no test"
    echo "$total"
    ;;
  clang-format-14 | clang-tidy-14)
    for word in "$@"; do
      [[ $word == -* || $word == build || -f $word ]] || refuse "there is no $word"
    done
    ;;
  dpkg-query) echo "install ok installed" ;;
  *) refuse "stands in for nothing" ;;
esac
