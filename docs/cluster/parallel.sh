#!/bin/bash
# Slices under GNU parallel: parallel.sh plan 8
# Over SSH: add --sshlogin host1,host2 with the plan on a file system that all of them share.
set -eu
plan=${1:?name the plan, as in: parallel.sh plan 8}
slices=${2:-8}
seq "$slices" | parallel --halt soon,fail=1 \
  kinesim sweep run "$plan" -q -j 1 --slice "{}/$slices"
kinesim sweep merge "$plan"
