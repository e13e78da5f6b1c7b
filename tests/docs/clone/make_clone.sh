#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make_clone.sh <source> <build> <clone>: a fresh clone of the source, what is not committed yet included, whose build
# folder is the one that is there. In front of PATH are the stand-ins for what takes minutes.
set -euo pipefail
source=$1
build=$2
clone=$3
git clone --quiet --shared --no-checkout "$source" "$clone"
git -C "$clone" reset --quiet
cd "$source"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --create --null --files-from=- | tar --extract --directory="$clone"

mkdir -p "$clone/build/bin"
for entry in "$build"/*; do
  case ${entry##*/} in
    bin) ;;
    compile_commands.json) sed "s|$source|$clone|g" "$entry" >"$clone/build/compile_commands.json" ;;
    *) ln -s "$entry" "$clone/build/" ;;
  esac
done
for name in runner cmake ctest clang-format-14 clang-tidy-14 dpkg-query; do
  ln -s "$source/tests/docs/clone/stand_ins.sh" "$clone/build/bin/$name"
done
