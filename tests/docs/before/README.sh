# SPDX-License-Identifier: Apache-2.0
# What a reader of the page has before its first command.
cp configs/quickstart.yaml sweep.yaml
cp -r results/h200-contexts before
cp -r results/h200-contexts after
cp build/lib/arbiter/plugins/fusion_none.so my_plugin.so
