# SPDX-License-Identifier: Apache-2.0
# What a reader of the page has before its first command.
cp configs/quickstart.yaml sweep.yaml
